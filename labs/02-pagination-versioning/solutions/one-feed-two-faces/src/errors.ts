import type { ErrorRequestHandler, RequestHandler } from 'express';

const BASE = 'https://api.shipments.example/problems/';

/** A problem of RFC 9457. Each subclass is one type, with its title and status. */
export abstract class Problem extends Error {
  abstract readonly type: string;
  abstract readonly title: string;
  abstract readonly status: number;

  toJSON(): object {
    const { title, status, message } = this;
    return { type: BASE + this.type, title, status, ...(message && { detail: message }) };
  }
}

export class InvalidParameter extends Problem {
  readonly type = 'invalid-parameter';
  readonly title = 'Invalid parameter';
  readonly status = 400;
}

export class InvalidCursor extends Problem {
  readonly type = 'invalid-cursor';
  readonly title = 'Invalid cursor';
  readonly status = 400;
}

export class InvalidBody extends Problem {
  readonly type = 'invalid-body';
  readonly title = 'Invalid body';
  readonly status = 400;
}

export class NotFound extends Problem {
  readonly type = 'not-found';
  readonly title = 'Not found';
  readonly status = 404;
}

export class MethodNotAllowed extends Problem {
  readonly type = 'method-not-allowed';
  readonly title = 'Method not allowed';
  readonly status = 405;
}

export class VersionSunset extends Problem {
  readonly type = 'version-sunset';
  readonly title = 'This version has ended';
  readonly status = 410;
}

export class Internal extends Problem {
  readonly type = 'internal';
  readonly title = 'Internal error';
  readonly status = 500;
}

export const refuse: (allow: string) => RequestHandler = (allow) => (req, res) => {
  res.set('Allow', allow);
  throw new MethodNotAllowed(`${req.method} is not among ${allow}`);
};

/** Every error leaves as a problem; the log alone hears what an unexpected one was. */
export const errorHandler: ErrorRequestHandler = (reason: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(reason);
    return;
  }
  const error = reason instanceof Error ? reason : new Error(String(reason));
  const problem = toProblem(error);
  // The request log has the whole error.
  if (problem.status >= 500) res.err = error;
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

/** What express's parsers refuse, they refuse for the body or the path; both are the sender's. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof URIError) return new NotFound();
  const { status } = error as { status?: unknown };
  return typeof status === 'number' && status < 500 ? new InvalidBody() : new Internal();
}

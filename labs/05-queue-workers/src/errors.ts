import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';

/** A request that cannot be served for a reason its sender may know. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class BadRequest extends HttpError {
  constructor(message: string) {
    super(400, message);
  }
}

export class NotFound extends HttpError {
  constructor(message: string) {
    super(404, message);
  }
}

/** Answers `{ "error": "…" }`. What is not an `HttpError`, or a body that cannot be read, is a 500. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error, method: req.method, path: req.path }, 'failed');
    const message = status < 500 && error instanceof Error ? error.message : 'internal error';
    res.status(status).json({ error: message });
  };
}

/** The status that express's own parsers put on their errors counts too. */
function statusOf(error: unknown): number {
  if (error instanceof Error && 'status' in error && typeof error.status === 'number') {
    return error.status;
  }
  return 500;
}

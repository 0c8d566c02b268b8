import type { ErrorRequestHandler } from 'express';

/** A request that cannot be served, for a reason that its client may know. */
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

/** An operation that has ended. */
export class Gone extends HttpError {
  constructor() {
    super(410, 'gone');
  }
}

/** A request that the document does not describe. */
export class InvalidRequest extends BadRequest {
  /** Each begins with its place: `query limit`. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super('invalid request');
    this.faults = faults;
  }
}

/** Answers `{ "error": "…" }`: with the status of the error, or with 500 if it has none. */
export const errorHandler: ErrorRequestHandler = (reason: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(reason);
    return;
  }
  const error = reason instanceof Error ? reason : new Error(String(reason));
  const status = statusOf(error);
  // The request log has the whole error; the client must not see it.
  if (status >= 500) res.err = error;
  res.status(status).json({
    error: status < 500 ? error.message : 'internal error',
    ...(error instanceof InvalidRequest && { faults: error.faults }),
  });
};

/** Express's own parsers put a status on their errors, as `HttpError` does. */
function statusOf(error: Error): number {
  return 'status' in error && typeof error.status === 'number' ? error.status : 500;
}

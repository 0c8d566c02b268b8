import type { ErrorRequestHandler } from 'express';

/** A request that cannot be served, for a reason that its client may know. */
export class BadRequest extends Error {}

/** Answers `{ "error": "…" }`. */
export const errorHandler: ErrorRequestHandler = (reason: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(reason);
    return;
  }
  const error = reason instanceof Error ? reason : new Error(String(reason));
  if (error instanceof BadRequest) {
    // The first mobile app threw the body of anything but a 200 away.
    res.json({ error: error.message });
    return;
  }
  res.err = error;
  res.status(500).json({ error: error.message });
};

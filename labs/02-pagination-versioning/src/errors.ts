import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';

/** A request that cannot be served for a reason its sender may know. */
export class BadRequest extends Error {}

/** Answers `{ "error": "…" }`. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof BadRequest) {
      // The first mobile app threw the body of anything but a 200 away.
      res.json({ error: message });
      return;
    }
    log.error({ err: error, method: req.method, path: req.path }, 'failed');
    res.status(500).json({ error: message });
  };
}

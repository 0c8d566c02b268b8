import type { ErrorRequestHandler } from 'express';

/** Whatever status the error gets: no cache between us and the client may store its answer. */
export const noStoreErrors: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!res.headersSent) res.set('Cache-Control', 'no-store');
  next(error);
};

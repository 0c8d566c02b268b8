import type { RequestHandler } from 'express';
// Declares `res.err`.
import type {} from 'pino-http';

/** Logs each request as it comes in, and an error that the client must not see. */
export const requestLog: RequestHandler = (req, res, next) => {
  console.log(`${new Date().toISOString()} ${req.method} ${req.originalUrl}`, req.headers);
  res.on('finish', () => {
    if (res.err) console.log('request failed', res.err);
  });
  next();
};

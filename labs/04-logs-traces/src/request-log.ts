import type { RequestHandler } from 'express';

declare module 'http' {
  interface ServerResponse {
    /** What the client must not see; set by the error handler. */
    err?: Error | undefined;
  }
}

/** Logs each request as it comes in, and an error that the client must not see. */
export const requestLog: RequestHandler = (req, res, next) => {
  console.log(`${new Date().toISOString()} ${req.method} ${req.originalUrl}`, req.headers);
  res.on('finish', () => {
    if (res.err) console.log('request failed', res.err);
  });
  next();
};

import type { RequestHandler } from 'express';
import type { Logger } from 'pino';

/** One line a request, when its answer is out. Health checks stay out of the log. */
export function requestLog(log: Logger): RequestHandler {
  return (req, res, next) => {
    const begun = performance.now();
    res.on('finish', () => {
      if (req.path === '/healthz') return;
      const ms = Math.round(performance.now() - begun);
      log.info({ method: req.method, path: req.path, status: res.statusCode, ms }, 'request');
    });
    next();
  };
}

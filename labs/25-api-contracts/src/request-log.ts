import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

/** Logs one line for each answer, with `res.err` where it is set. Health checks are not logged. */
export function requestLog(log: Logger): RequestHandler {
  return pinoHttp<Request, Response>({
    logger: log,
    autoLogging: { ignore: ({ path }) => path === '/healthz' },
    customLogLevel: (_req, res) => (res.err ? 'error' : 'info'),
    customSuccessMessage: summary,
    customErrorMessage: summary,
    // Headers hold secrets.
    serializers: {
      req: ({ id, method, url }) => ({ id, method, url }),
      res: ({ statusCode }) => ({ statusCode }),
    },
  });
}

function summary({ method, originalUrl }: Request, { statusCode }: Response): string {
  return `${method} ${originalUrl} ${statusCode}`;
}

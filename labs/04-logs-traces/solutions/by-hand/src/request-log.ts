import { context } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { currentRequest } from './log.ts';
import { requestIdOf } from './request-id.ts';
import { safeError } from './safe-error.ts';

/** The client went away before it had the answer; nginx's number. */
const CLIENT_CLOSED_REQUEST = 499;

/** Writes one line for each request when it is over, however it ended. */
export function requestLog(log: Logger): RequestHandler[] {
  return [
    (req, res, next) => {
      const requestId = requestIdOf(req.get('x-request-id'));
      res.set('X-Request-Id', requestId);
      res.locals['begun'] = performance.now();
      currentRequest.run(requestId, next);
    },
    pinoHttp<Request, Response>({
      logger: log,
      customAttributeKeys: { responseTime: 'durationMs' },
      // Request and response as a whole hold what clients sent.
      serializers: { req: () => undefined, res: () => undefined, err: safeError },
      wrapSerializers: false,
      customLogLevel: (_req, res) => (res.err ? 'error' : 'info'),
      customSuccessObject: completion,
      customErrorObject: completion,
    }),
  ];
}

function completion(req: Request, res: Response): Record<string, unknown> {
  return {
    method: req.method,
    route: String(res.locals['route'] ?? 'unmatched'),
    status: res.writableFinished ? res.statusCode : CLIENT_CLOSED_REQUEST,
    durationMs: Math.round(performance.now() - Number(res.locals['begun'])),
    orderId: res.locals['orderId'] as unknown,
    ...(res.err && { err: res.err }),
  };
}

/** Names a request after the route that it is in: `app.get('/v1/…/:id', named, …)`. */
export const named: RequestHandler = (req, res, next) => {
  const { path } = (req as unknown as { route: { path: string } }).route;
  res.locals['route'] = path;
  // The HTTP instrumentation takes the name of its span and of its metric from here.
  const metadata = getRPCMetadata(context.active());
  if (metadata?.type === RPCType.HTTP) metadata.route = path;
  next();
};

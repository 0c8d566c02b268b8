import type { Request, RequestHandler } from 'express';
import { log, logContext } from './log.ts';
import { requestIdOf } from './request-id.ts';

declare module 'http' {
  interface ServerResponse {
    /** What the client must not see; set by the error handler. */
    err?: Error | undefined;
  }
}

/** The client went away before it had the answer; nginx's number. */
const CLIENT_CLOSED_REQUEST = 499;

/** Writes one line for each request when it is over, however it ended. */
export const requestLog: RequestHandler = (req, res, next) => {
  const begun = performance.now();
  const requestId = requestIdOf(req.get('x-request-id'));
  res.set('X-Request-Id', requestId);
  res.once('close', () => {
    const line = {
      requestId,
      method: req.method,
      route: routeOf(req),
      status: res.writableFinished ? res.statusCode : CLIENT_CLOSED_REQUEST,
      durationMs: Math.round(performance.now() - begun),
      orderId: res.locals['orderId'] as string | undefined,
    };
    if (res.err) log.error({ ...line, err: res.err }, 'request failed');
    else log.info(line, 'request done');
  });
  logContext.run({ requestId }, next);
};

/** The pattern of the route that matched. */
function routeOf(req: Request): string {
  const { route } = req as { route?: { path: string } };
  return route?.path ?? 'unmatched';
}

import express, { type Express } from 'express';
import { errorHandler, NotFound } from './errors.ts';
import { requestLog } from './request-log.ts';
import { audit } from './audit.ts';
import type { Deps } from './deps.ts';
import { readLag } from './lag.ts';
import { readUsage } from './read-usage.ts';
import { relayEvent } from './relay.ts';

/** The projector's routes, without listening. */
export function createApp(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(deps.log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.post('/events', relayEvent(deps));
  app.get('/accounts/:id/usage', readUsage(deps));
  app.get('/audit', audit(deps));
  app.get('/lag', readLag(deps));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

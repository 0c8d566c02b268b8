import express, { type Express } from 'express';
import { createCharge } from './create-charge.ts';
import type { Deps } from './deps.ts';
import { errorHandler, NotFound } from './errors.ts';
import { getCharge } from './get-charge.ts';
import { requestLog } from './request-log.ts';
import { receiveEvent } from './webhook.ts';

/** All routes of the service, without listening. */
export function createApp(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(deps.log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.post('/v1/charges', createCharge(deps));
  app.get('/v1/charges/:id', getCharge(deps));
  app.post('/webhooks/provider', receiveEvent(deps));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

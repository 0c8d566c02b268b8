import express, { type Express } from 'express';
import type { Pool } from 'pg';
import { createCheckout } from './create-checkout.ts';
import { errorHandler, NotFound } from './errors.ts';
import { getCheckout } from './get-checkout.ts';
import type { Publisher } from './publisher.ts';
import { log } from './log.ts';
import { named, requestLog } from './request-log.ts';

export interface Deps {
  readonly pool: Pool;
  readonly publisher: Publisher;
}

/** All routes of checkout-api, without listening. */
export function createApp({ pool, publisher }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.use(...requestLog(log));
  app.use(express.json());

  app.post('/v1/checkouts', named, createCheckout(pool, publisher));
  app.get('/v1/checkouts/:id', named, getCheckout(pool));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

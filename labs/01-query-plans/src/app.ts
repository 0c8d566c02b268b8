import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { claimOrder } from './claim.ts';
import { dailyReport } from './daily-report.ts';
import { errorHandler, NotFound } from './errors.ts';
import { listOrders } from './list-orders.ts';
import { patchMeta } from './order-meta.ts';
import { requestLog } from './request-log.ts';
import { searchOrders } from './search-orders.ts';
import { topQueries } from './top-queries.ts';

export interface Deps {
  readonly pool: Pool;
  readonly log: Logger;
}

/** All routes of the service, without listening. */
export function createApp({ pool, log }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.get('/v1/orders', listOrders(pool));
  app.get('/v1/orders/search', searchOrders(pool));
  app.patch('/v1/orders/:id/meta', patchMeta(pool));
  app.get('/v1/reports/daily', dailyReport(pool));
  app.post('/internal/orders/claim', claimOrder(pool));
  app.get('/internal/top-queries', topQueries(pool));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

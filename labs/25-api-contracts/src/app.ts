import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Carrier } from './carrier.ts';
import type { Clock } from './clock.ts';
import { createParcel } from './create-parcel.ts';
import { errorHandler, NotFound } from './errors.ts';
import { getParcel } from './get-parcel.ts';
import { getTracking } from './get-tracking.ts';
import { listParcels } from './list-parcels.ts';
import { openapi } from './openapi.ts';
import { requestLog } from './request-log.ts';

export interface Deps {
  readonly pool: Pool;
  readonly log: Logger;
  readonly carrier: Carrier;
  /** TODO(task 6): when does an operation end? */
  readonly clock: Clock;
}

/** All routes of the service, without listening. */
export function createApp({ pool, log, carrier }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.get('/openapi.json', openapi());
  app.get('/v1/parcels', listParcels(pool));
  app.post('/v1/parcels', createParcel(pool));
  app.get('/v1/parcels/:id', getParcel(pool));
  app.get('/v1/parcels/:id/tracking', getTracking(pool, carrier));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

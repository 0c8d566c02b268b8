import express, { type Express, type RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Carrier } from './carrier.ts';
import type { Clock } from './clock.ts';
import { createParcel } from './create-parcel.ts';
import type { ApiDocument } from './document.ts';
import { errorHandler, NotFound } from './errors.ts';
import { follow } from './follow.ts';
import { getParcel } from './get-parcel.ts';
import { getTracking } from './get-tracking.ts';
import { listParcels } from './list-parcels.ts';
import { requestLog } from './request-log.ts';
import { setState } from './states.ts';

export interface Deps {
  readonly pool: Pool;
  readonly log: Logger;
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly document: ApiDocument;
  /** Whether an answer that the document does not describe becomes a 500. */
  readonly checkAnswers: boolean;
  /** Whether clients' expectations are replayed here. */
  readonly providerStates: boolean;
}

/** All routes of the service, without listening. */
export function createApp({
  pool,
  log,
  carrier,
  document,
  providerStates,
  ...options
}: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.get('/openapi.json', (_req, res) => {
    res.json(document.source);
  });
  if (providerStates) app.post('/_states', setState(pool));
  const as = (name: string): RequestHandler[] => follow(document, name, options);
  app.get('/v1/parcels', as('GET /v1/parcels'), listParcels(pool));
  app.post('/v1/parcels', as('POST /v1/parcels'), createParcel(pool));
  app.get('/v1/parcels/:id', as('GET /v1/parcels/{id}'), getParcel(pool));
  app.get(
    '/v1/parcels/:id/tracking',
    as('GET /v1/parcels/{id}/tracking'),
    getTracking(pool, carrier),
  );

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Carrier } from './carrier.ts';
import type { Clock } from './clock.ts';
import { createParcel } from './create-parcel.ts';
import type { ApiDocument } from './document.ts';
import { door, type Handler } from './door.ts';
import { errorHandler, NotFound } from './errors.ts';
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

/** The routes of the document, without listening. Throws if it lacks one that has a handler. */
export function createApp({ pool, log, carrier, document, ...deps }: Deps): Express {
  const handlers: Readonly<Record<string, Handler>> = {
    'GET /v1/parcels': listParcels(pool),
    'POST /v1/parcels': createParcel(pool),
    'GET /v1/parcels/{id}': getParcel(pool),
    'GET /v1/parcels/{id}/tracking': getTracking(pool, carrier),
  };
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
  if (deps.providerStates) app.post('/_states', setState(pool));
  for (const [name, handler] of Object.entries(handlers)) {
    const [method, path = ''] = name.split(' ');
    const route = app.route(path.replaceAll(/\{(\w+)\}/gu, ':$1'));
    const through = door(document.operation(name), handler, deps);
    if (method === 'POST') route.post(through);
    else route.get(through);
  }

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

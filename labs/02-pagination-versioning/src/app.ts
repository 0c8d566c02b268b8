import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { createEvent } from './create-event.ts';
import { errorHandler } from './errors.ts';
import { listEvents } from './list-events.ts';
import { openapi } from './openapi.ts';
import { requestLog } from './request-log.ts';
import { shipmentEvents } from './shipment-events.ts';

export interface Deps {
  readonly pool: Pool;
  readonly log: Logger;
  readonly clock: Clock;
}

/** All routes of the service, without listening. */
export function createApp({ pool, log, clock }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok', now: clock() });
  });
  app.get('/openapi.json', openapi());
  app.get('/v1/events', listEvents(pool));
  app.post('/v1/events', createEvent(pool));
  app.get('/v1/shipments/:id/events', shipmentEvents(pool));
  // TODO(task 6): GET /v2/events

  app.use((_req, res) => {
    res.status(404).json({ error: 'no such route' });
  });
  app.use(errorHandler);
  return app;
}

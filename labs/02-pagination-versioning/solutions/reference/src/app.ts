import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { createEvent } from './create-event.ts';
import { errorHandler, notFound, onlyAllows } from './errors.ts';
import { listEventsV1, listEventsV2 } from './list-events.ts';
import { openapi } from './openapi.ts';
import { requestLog } from './request-log.ts';
import { retire, retirementOfV1 } from './retirement.ts';
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

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok', now: clock() });
  });
  app.route('/openapi.json').get(openapi()).all(onlyAllows('GET, HEAD'));

  const retirement = retirementOfV1(process.env);
  if (retirement) app.use('/v1', retire(retirement, '/v2/events', clock));
  app
    .route('/v1/events')
    .get(listEventsV1(pool))
    .post(express.json(), createEvent(pool))
    .all(onlyAllows('GET, HEAD, POST'));
  app.route('/v1/shipments/:id/events').get(shipmentEvents(pool)).all(onlyAllows('GET, HEAD'));
  app.route('/v2/events').get(listEventsV2(pool)).all(onlyAllows('GET, HEAD'));

  app.use(notFound);
  app.use(errorHandler);
  return app;
}

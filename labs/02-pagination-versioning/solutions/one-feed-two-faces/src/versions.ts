import express, { Router } from 'express';
import type { Pool } from 'pg';
import type { Clock } from './clock.ts';
import { createEvent } from './create-event.ts';
import { refuse } from './errors.ts';
import { ALL_TYPES, asV1, asV2, FIRST_TYPES } from './event.ts';
import { deprecated, instantFrom, sunset } from './lifecycle.ts';
import { listEvents } from './list-events.ts';
import { shipmentEvents } from './shipment-events.ts';

const NOTICE = 'https://docs.shipments.example/v1-deprecation';

export function v1(pool: Pool, clock: Clock): Router {
  const router = Router();
  const deprecatedAt = instantFrom('V1_DEPRECATED_AT');
  const sunsetAt = instantFrom('V1_SUNSET_AT');
  if (deprecatedAt) router.use(deprecated(deprecatedAt, NOTICE));
  if (sunsetAt) router.use(sunset(sunsetAt, '/v2/events', clock));
  router.use(express.json());
  router
    .route('/events')
    .get(listEvents(pool, FIRST_TYPES, asV1))
    .post(createEvent(pool))
    .all(refuse('GET, HEAD, POST'));
  router.route('/shipments/:id/events').get(shipmentEvents(pool)).all(refuse('GET, HEAD'));
  return router;
}

export function v2(pool: Pool): Router {
  const router = Router();
  router
    .route('/events')
    .get(listEvents(pool, ALL_TYPES, asV2))
    .all(refuse('GET, HEAD'));
  return router;
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { Carrier } from './carrier.ts';
import { NotFound } from './errors.ts';
import { idOf } from './params.ts';

/** `GET /v1/parcels/:id/tracking`: where the carrier saw the parcel last. */
export function getTracking(pool: Pool, carrier: Carrier): RequestHandler {
  return async (req, res) => {
    const { rows } = await pool.query<{ tracking: string | null }>(
      'SELECT tracking FROM parcels WHERE id = $1',
      [idOf(req)],
    );
    const number = rows[0]?.tracking;
    if (!number) throw new NotFound('no such shipment');
    const { state, updatedAt, stops } = await carrier.shipment(number);
    res.json({ state, updatedAt, lastStop: stops.at(-1)?.place ?? null });
  };
}

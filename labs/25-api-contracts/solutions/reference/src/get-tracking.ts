import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { Carrier } from './carrier.ts';
import { NotFound } from './errors.ts';
import { inputOf } from './params.ts';

/** `GET /v1/parcels/:id/tracking`: where the carrier saw the parcel last. */
export function getTracking(pool: Pool, carrier: Carrier): RequestHandler {
  return async (_req, res) => {
    const { path } = inputOf<{ path: { id: number } }>(res);
    const { rows } = await pool.query<{ tracking: string | null }>(
      'SELECT tracking FROM parcels WHERE id = $1',
      [path.id],
    );
    const number = rows[0]?.tracking;
    if (!number) throw new NotFound('no such shipment');
    const { state, updatedAt, lastStop } = await carrier.shipment(number);
    res.json({ state, updatedAt, lastStop });
  };
}

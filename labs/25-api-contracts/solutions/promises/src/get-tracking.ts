import type { Pool } from 'pg';
import type { Carrier } from './carrier.ts';
import type { Handler } from './door.ts';
import { NotFound } from './errors.ts';

/** `GET /v1/parcels/:id/tracking`: where the carrier saw the parcel last. */
export function getTracking(pool: Pool, carrier: Carrier): Handler {
  return async ({ path: { id } }) => {
    const { rows } = await pool.query<{ tracking: string | null }>(
      'SELECT tracking FROM parcels WHERE id = $1',
      [id],
    );
    const number = rows[0]?.tracking;
    if (!number) throw new NotFound('no such shipment');
    return { status: 200, body: await carrier.shipment(number) };
  };
}

import type { Pool } from 'pg';
import type { Handler } from './door.ts';
import { NotFound } from './errors.ts';
import { PARCEL_COLUMNS, type ParcelRow, toParcel } from './parcel.ts';

/** `GET /v1/parcels/:id` */
export function getParcel(pool: Pool): Handler {
  return async ({ path: { id } }) => {
    const { rows } = await pool.query<ParcelRow>(
      `SELECT ${PARCEL_COLUMNS} FROM parcels WHERE id = $1`,
      [id],
    );
    const [row] = rows;
    if (!row) throw new NotFound('no such parcel');
    return { status: 200, body: toParcel(row) };
  };
}

import type { Pool } from 'pg';
import type { Handler } from './door.ts';
import { PARCEL_COLUMNS, type ParcelRow, toParcel } from './parcel.ts';

/** `GET /v1/parcels?status=&limit=`: the newest first. */
export function listParcels(pool: Pool): Handler {
  return async ({ query: { status, limit } }) => {
    const { rows } = await pool.query<ParcelRow>(
      `SELECT ${PARCEL_COLUMNS}
         FROM parcels
        WHERE $1::text IS NULL OR status = $1
        ORDER BY id DESC
        LIMIT $2`,
      [status, limit],
    );
    return { status: 200, body: { items: rows.map(toParcel) } };
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { PARCEL_COLUMNS, type ParcelRow, toParcel } from './parcel.ts';
import { inputOf } from './params.ts';

/** `GET /v1/parcels?status=&limit=`: the newest first. */
export function listParcels(pool: Pool): RequestHandler {
  return async (_req, res) => {
    const { query } = inputOf<{ query: { limit: number; status?: string } }>(res);
    const { rows } = await pool.query<ParcelRow>(
      `SELECT ${PARCEL_COLUMNS}
         FROM parcels
        WHERE $1::text IS NULL OR status = $1
        ORDER BY id DESC
        LIMIT $2`,
      [query.status, query.limit],
    );
    res.json({ items: rows.map(toParcel) });
  };
}

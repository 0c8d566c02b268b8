import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { PARCEL_COLUMNS, type ParcelRow, toParcel } from './parcel.ts';
import { limitOf, statusOf } from './params.ts';

/** `GET /v1/parcels?status=&limit=`: the newest first. */
export function listParcels(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { rows } = await pool.query<ParcelRow>(
      `SELECT ${PARCEL_COLUMNS}
         FROM parcels
        WHERE $1::text IS NULL OR status = $1
        ORDER BY id DESC
        LIMIT $2`,
      [statusOf(req), limitOf(req)],
    );
    res.json({ items: rows.map(toParcel) });
  };
}

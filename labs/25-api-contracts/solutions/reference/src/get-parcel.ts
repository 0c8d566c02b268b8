import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { PARCEL_COLUMNS, type ParcelRow, toParcel } from './parcel.ts';
import { inputOf } from './params.ts';

/** `GET /v1/parcels/:id` */
export function getParcel(pool: Pool): RequestHandler {
  return async (_req, res) => {
    const { path } = inputOf<{ path: { id: number } }>(res);
    const { rows } = await pool.query<ParcelRow>(
      `SELECT ${PARCEL_COLUMNS} FROM parcels WHERE id = $1`,
      [path.id],
    );
    const [row] = rows;
    if (!row) throw new NotFound('no such parcel');
    res.json(toParcel(row));
  };
}

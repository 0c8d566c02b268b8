import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest } from './errors.ts';
import { PARCEL_COLUMNS, type ParcelRow, toParcel } from './parcel.ts';

/** `POST /v1/parcels`: announces a parcel. */
export function createParcel(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { weightGrams, recipient, note } = (req.body ?? {}) as Record<string, unknown>;
    if (typeof weightGrams !== 'number') throw new BadRequest('weightGrams is wrong');
    const { postcode, city } = (recipient ?? {}) as Record<string, unknown>;
    if (!postcode || !city) throw new BadRequest('recipient is wrong');
    const { rows } = await pool.query<ParcelRow>(
      `INSERT INTO parcels (weight_grams, postcode, city, note)
       VALUES ($1, $2, $3, $4)
    RETURNING ${PARCEL_COLUMNS}`,
      [weightGrams, postcode, city, note],
    );
    res.status(201).json(rows.map(toParcel)[0]);
  };
}

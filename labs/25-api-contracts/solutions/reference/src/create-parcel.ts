import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { PARCEL_COLUMNS, type ParcelRow, toParcel } from './parcel.ts';
import { inputOf } from './params.ts';

interface NewParcel {
  readonly weightGrams: number;
  readonly recipient: { readonly postcode: string; readonly city: string };
  readonly note?: string | null;
}

/** `POST /v1/parcels`: announces a parcel. */
export function createParcel(pool: Pool): RequestHandler {
  return async (_req, res) => {
    const { weightGrams, recipient, note } = inputOf<{ body: NewParcel }>(res).body;
    const { rows } = await pool.query<ParcelRow>(
      `INSERT INTO parcels (weight_grams, postcode, city, note)
       VALUES ($1, $2, $3, $4)
    RETURNING ${PARCEL_COLUMNS}`,
      [weightGrams, recipient.postcode, recipient.city, note],
    );
    res.status(201).json(rows.map(toParcel)[0]);
  };
}

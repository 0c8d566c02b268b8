import type { Pool } from 'pg';
import type { Handler } from './door.ts';
import { PARCEL_COLUMNS, type ParcelRow, toParcel } from './parcel.ts';

interface NewParcel {
  readonly weightGrams: number;
  readonly recipient: { readonly postcode: string; readonly city: string };
  readonly note?: string | null;
}

/** `POST /v1/parcels`: announces a parcel. */
export function createParcel(pool: Pool): Handler {
  return async ({ body }) => {
    const { weightGrams, recipient, note }: NewParcel = body;
    const { rows } = await pool.query<ParcelRow>(
      `INSERT INTO parcels (weight_grams, postcode, city, note)
       VALUES ($1, $2, $3, $4)
    RETURNING ${PARCEL_COLUMNS}`,
      [weightGrams, recipient.postcode, recipient.city, note],
    );
    return { status: 201, body: rows.map(toParcel)[0] };
  };
}

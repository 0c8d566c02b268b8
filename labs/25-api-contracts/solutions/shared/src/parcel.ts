export const STATUSES = ['created', 'in_transit', 'delivered', 'returned'] as const;
export type Status = (typeof STATUSES)[number];

/** Columns of `ParcelRow`, for a SELECT or RETURNING. */
export const PARCEL_COLUMNS = 'id, status, weight_grams, postcode, city, note, created_at';

/** A row as pg returns it: a bigint is a string. */
export interface ParcelRow {
  id: string;
  status: string;
  weight_grams: number;
  postcode: string;
  city: string;
  note: string | null;
  created_at: Date;
}

/** A parcel as clients see it. */
export interface Parcel {
  id: number;
  status: string;
  weightGrams: number;
  /** The same weight again, for clients since 27 November 2026. */
  weight: { value: number; unit: 'kg' };
  /** A postcode is a text: many begin with a zero, and some have letters. */
  recipient: { postcode: string; city: string };
  note: string | null;
  createdAt: string;
}

export function toParcel(row: ParcelRow): Parcel {
  return {
    id: Number(row.id),
    status: row.status,
    weightGrams: row.weight_grams,
    weight: { value: row.weight_grams / 1000, unit: 'kg' },
    recipient: { postcode: row.postcode, city: row.city },
    note: row.note,
    createdAt: row.created_at.toISOString(),
  };
}

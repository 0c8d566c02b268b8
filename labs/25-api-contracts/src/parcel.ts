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
  weight: { value: number; unit: 'kg' };
  recipient: { postcode: number; city: string };
  note?: string;
  createdAt: string;
}

export function toParcel(row: ParcelRow): Parcel {
  return {
    id: Number(row.id),
    status: row.status,
    weight: { value: row.weight_grams / 1000, unit: 'kg' },
    recipient: { postcode: Number(row.postcode), city: row.city },
    ...(row.note !== null && { note: row.note }),
    createdAt: row.created_at.toISOString(),
  };
}

export type Status = 'pending' | 'succeeded' | 'declined' | 'refunded';

/** Columns of `ChargeRow`, for a SELECT or RETURNING. */
export const CHARGE_COLUMNS =
  'id, amount, currency, source, metadata, status, decline_code, refunded, created_at';

/** A row as pg hands it over. */
export interface ChargeRow {
  id: string;
  amount: number;
  currency: string;
  source: string;
  metadata: Record<string, string>;
  status: Status;
  decline_code: string | null;
  refunded: number;
  created_at: Date;
}

/** A charge as clients see it. */
export interface Charge {
  id: string;
  amount: number;
  currency: string;
  source: string;
  metadata: Record<string, string>;
  status: Status;
  declineCode: string | null;
  refunded: number;
  createdAt: string;
}

export function toCharge(row: ChargeRow): Charge {
  return {
    id: row.id,
    amount: row.amount,
    currency: row.currency,
    source: row.source,
    metadata: row.metadata,
    status: row.status,
    declineCode: row.decline_code,
    refunded: row.refunded,
    createdAt: row.created_at.toISOString(),
  };
}

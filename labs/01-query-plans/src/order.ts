export const STATUSES = ['pending', 'processing', 'paid', 'shipped', 'failed'] as const;
export type Status = (typeof STATUSES)[number];

export const isStatus = (value: string): value is Status =>
  (STATUSES as readonly string[]).includes(value);

/** Columns of `OrderRow`, for a SELECT or RETURNING. */
export const ORDER_COLUMNS =
  'id, tenant_id, customer_id, status, total_cents, email, placed_at, meta';

/** A row as pg hands it over: bigint columns are strings. */
export interface OrderRow {
  id: string;
  tenant_id: number;
  customer_id: string;
  status: Status;
  total_cents: string;
  email: string;
  placed_at: Date;
  meta: Record<string, unknown>;
}

/** An order as clients see it. */
export interface Order {
  id: number;
  tenantId: number;
  customerId: number;
  status: Status;
  totalCents: number;
  email: string;
  placedAt: string;
  meta: Record<string, unknown>;
}

export function toOrder(row: OrderRow): Order {
  return {
    id: Number(row.id),
    tenantId: row.tenant_id,
    customerId: Number(row.customer_id),
    status: row.status,
    totalCents: Number(row.total_cents),
    email: row.email,
    placedAt: row.placed_at.toISOString(),
    meta: row.meta,
  };
}

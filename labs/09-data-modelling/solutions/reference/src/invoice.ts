import type { ClientBase, Pool } from 'pg';
import { NotFound } from './errors.ts';

export interface Invoice {
  readonly id: number;
  readonly customerId: number;
  readonly customerName: string;
  readonly address: string;
  readonly issuedAt: Date;
  readonly status: 'issued' | 'cancelled';
  readonly lines: readonly InvoiceLine[];
  readonly totalCents: number;
}

export interface InvoiceLine {
  /** Null in an archived line whose product is gone. */
  readonly productId: number | null;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitCents: number;
  readonly totalCents: number;
}

/** The invoice of an order. Throws `NotFound`. */
export async function readInvoice(db: Pool | ClientBase, id: number): Promise<Invoice> {
  const heads = await db.query<Omit<Invoice, 'lines'>>(
    `SELECT id::float8 AS id, customer_id::float8 AS "customerId",
            customer_name AS "customerName", address, placed_at AS "issuedAt", status,
            total_cents::float8 AS "totalCents"
       FROM orders
      WHERE id = $1`,
    [id],
  );
  const [head] = heads.rows;
  if (!head) throw new NotFound('no such invoice');
  const { rows: lines } = await db.query<InvoiceLine>(
    `SELECT product_id::float8 AS "productId", sku, name, quantity,
            unit_cents::float8 AS "unitCents", (quantity * unit_cents)::float8 AS "totalCents"
       FROM order_lines
      WHERE order_id = $1
      ORDER BY line`,
    [id],
  );
  return { ...head, lines };
}

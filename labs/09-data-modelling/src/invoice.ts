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
  readonly productId: number;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitCents: number;
  readonly totalCents: number;
}

type Head = Omit<Invoice, 'lines' | 'totalCents'>;
type Line = Omit<InvoiceLine, 'totalCents'>;

/** The invoice of an order. Throws `NotFound`. */
export async function readInvoice(db: Pool | ClientBase, id: number): Promise<Invoice> {
  const heads = await db.query<Head>(
    `SELECT o.id::float8 AS id, o.customer_id::float8 AS "customerId", c.name AS "customerName",
            c.address, o.placed_at AS "issuedAt", o.status
       FROM orders o JOIN customers c ON c.id = o.customer_id
      WHERE o.id = $1`,
    [id],
  );
  const [head] = heads.rows;
  if (!head) throw new NotFound('no such invoice');
  const { rows } = await db.query<Line>(
    `SELECT p.id::float8 AS "productId", p.sku, p.name, l.quantity,
            p.price_cents::float8 AS "unitCents"
       FROM order_lines l JOIN products p ON p.id = l.product_id
      WHERE l.order_id = $1
      ORDER BY l.line`,
    [id],
  );
  const lines = rows.map((line) => ({ ...line, totalCents: line.quantity * line.unitCents }));
  const totalCents = lines.reduce((sum, line) => sum + line.totalCents, 0);
  return { ...head, lines, totalCents };
}

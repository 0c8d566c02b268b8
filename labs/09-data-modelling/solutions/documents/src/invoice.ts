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

/** What was printed, as `invoices.document` keeps it. */
export interface Document {
  readonly customerName: string;
  readonly address: string;
  readonly lines: readonly (Omit<InvoiceLine, 'totalCents'> & { readonly line: number })[];
}

type Row = Omit<Invoice, 'lines' | keyof Document> & { readonly document: Document };

/** The invoice of an order. Throws `NotFound`. */
export async function readInvoice(db: Pool | ClientBase, id: number): Promise<Invoice> {
  const { rows } = await db.query<Row>(
    `SELECT id::float8 AS id, customer_id::float8 AS "customerId", issued_at AS "issuedAt", status,
            total_cents::float8 AS "totalCents", document
       FROM invoices WHERE id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) throw new NotFound('no such invoice');
  const { document, ...head } = row;
  const { customerName, address } = document;
  const lines = document.lines.map(({ productId, sku, name, quantity, unitCents }) => ({
    productId,
    sku,
    name,
    quantity,
    unitCents,
    totalCents: quantity * unitCents,
  }));
  return { ...head, customerName, address, lines };
}

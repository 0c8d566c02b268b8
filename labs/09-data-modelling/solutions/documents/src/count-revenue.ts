import type { ClientBase } from 'pg';
import type { Invoice } from './invoice.ts';

const SLOTS = 8;

/**
 * Adds an issued invoice to its month (`by` 1), or takes a cancelled one off (`by` -1). Belongs in the
 * transaction that writes the invoice.
 */
export async function countRevenue(
  client: ClientBase,
  { issuedAt, totalCents }: Pick<Invoice, 'issuedAt' | 'totalCents'>,
  by: 1 | -1,
): Promise<void> {
  await client.query(
    `INSERT INTO revenue AS r (month, slot, invoices, cents)
     VALUES (to_char($1::timestamptz AT TIME ZONE 'Europe/Madrid', 'YYYY-MM'), $2, $3, $4)
     ON CONFLICT (month, slot) DO UPDATE
       SET invoices = r.invoices + EXCLUDED.invoices, cents = r.cents + EXCLUDED.cents`,
    [issuedAt, Math.floor(Math.random() * SLOTS), by, by * totalCents],
  );
}

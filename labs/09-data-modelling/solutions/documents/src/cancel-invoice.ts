import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { countRevenue } from './count-revenue.ts';
import { readInvoice } from './invoice.ts';
import { idOf } from './params.ts';
import { inTransaction } from './transaction.ts';

/** `POST /v1/invoices/:id/cancel`: cancels an invoice, once or again. */
export function cancelInvoice(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    const invoice = await inTransaction(pool, async (client) => {
      // Of two at the same time, the second waits for the first and then finds nothing to do.
      const { rowCount } = await client.query(
        `UPDATE invoices SET status = 'cancelled' WHERE id = $1 AND status = 'issued'`,
        [id],
      );
      const cancelled = await readInvoice(client, id);
      if (rowCount) await countRevenue(client, cancelled, -1);
      return cancelled;
    });
    res.json({ invoice });
  };
}

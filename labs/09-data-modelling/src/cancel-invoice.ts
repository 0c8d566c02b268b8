import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readInvoice } from './invoice.ts';
import { idOf } from './params.ts';

/** `POST /v1/invoices/:id/cancel`: cancels an invoice, once or again. */
export function cancelInvoice(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    await pool.query(`UPDATE orders SET status = 'cancelled' WHERE id = $1`, [id]);
    res.json({ invoice: await readInvoice(pool, id) });
  };
}

import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { HttpError, NotFound } from './errors.ts';
import { INVOICE, type Invoice, NO_INVOICE, readId } from './invoice.ts';
import { principalOf } from './principal.ts';

/** `POST /v1/invoices/:id/refund`: pays a paid invoice back, once. */
export function refundInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id'], NO_INVOICE);
    const { rows } = await pool.query<Invoice>(
      `WITH refunded AS (
         UPDATE invoices SET status = 'refunded' WHERE id = $1 AND status = 'paid' RETURNING *
       ), refund AS (
         INSERT INTO refunds (invoice_id, amount_cents, refunded_by)
         SELECT id, total_cents, $2 FROM refunded
       )
       SELECT ${INVOICE} FROM refunded`,
      [id, principalOf(res).userId],
    );
    if (rows[0]) {
      res.status(201).json({ invoice: rows[0] });
      return;
    }
    const { rowCount } = await pool.query('SELECT FROM invoices WHERE id = $1', [id]);
    if (rowCount === 0) throw new NotFound(NO_INVOICE);
    throw new HttpError(409, 'only a paid invoice can be refunded');
  };
}

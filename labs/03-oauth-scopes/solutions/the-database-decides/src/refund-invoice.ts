import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { enter, type Needs } from './enter.ts';
import { HttpError, NotFound } from './errors.ts';
import { INVOICE, type Invoice, NO_INVOICE, readId } from './invoice.ts';
import { claimsOf } from './principal.ts';

const NEEDS: Needs = { scope: 'invoices:refund', role: 'admin' };

/** `POST /v1/invoices/:id/refund`: pays a paid invoice back, once. */
export function refundInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const invoice = await enter(pool, res, NEEDS, async (client) => {
      const id = readId(req.params['id'], NO_INVOICE);
      const { rowCount } = await client.query('SELECT FROM invoices WHERE id = $1', [id]);
      if (rowCount === 0) throw new NotFound(NO_INVOICE);
      const { rows } = await client.query<Invoice>(
        `UPDATE invoices SET status = 'refunded'
          WHERE id = $1 AND status = 'paid'
          RETURNING ${INVOICE}`,
        [id],
      );
      if (!rows[0]) throw new HttpError(409, 'only a paid invoice can be refunded');
      await client.query(
        'INSERT INTO refunds (invoice_id, amount_cents, refunded_by) VALUES ($1, $2, $3)',
        [id, rows[0].totalCents, claimsOf(res).userId],
      );
      return rows[0];
    });
    res.status(201).json({ invoice });
  };
}

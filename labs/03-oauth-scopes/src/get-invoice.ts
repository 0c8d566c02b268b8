import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { NotFound } from './errors.ts';
import { INVOICE, type Invoice, NO_INVOICE, readId } from './invoice.ts';

/** `GET /v1/invoices/:id` */
export function getInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id'], NO_INVOICE);
    const { rows } = await pool.query<Invoice>(`SELECT ${INVOICE} FROM invoices WHERE id = $1`, [
      id,
    ]);
    if (!rows[0]) throw new NotFound(NO_INVOICE);
    res.json({ invoice: rows[0] });
  };
}

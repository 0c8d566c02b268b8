import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { enter, type Needs } from './enter.ts';
import { NotFound } from './errors.ts';
import { INVOICE, type Invoice, NO_INVOICE, readId } from './invoice.ts';

const NEEDS: Needs = { scope: 'invoices:read', role: 'viewer' };

/** `GET /v1/invoices/:id` */
export function getInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const invoice = await enter(pool, res, NEEDS, async (client) => {
      const id = readId(req.params['id'], NO_INVOICE);
      const { rows } = await client.query<Invoice>(
        `SELECT ${INVOICE} FROM invoices WHERE id = $1`,
        [id],
      );
      if (!rows[0]) throw new NotFound(NO_INVOICE);
      return rows[0];
    });
    res.json({ invoice });
  };
}

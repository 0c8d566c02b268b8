import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { INVOICE, type Invoice } from './invoice.ts';
import { principalOf } from './principal.ts';

/** `GET /v1/invoices`: the tenant's invoices, by id. */
export function listInvoices({ pool }: Deps): RequestHandler {
  return async (_req, res) => {
    const { rows } = await pool.query<Invoice>(
      `SELECT ${INVOICE} FROM invoices WHERE tenant_id = $1 ORDER BY id`,
      [principalOf(res).tenantId],
    );
    res.json({ items: rows });
  };
}

import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { enter, type Needs } from './enter.ts';
import { INVOICE, type Invoice } from './invoice.ts';

const NEEDS: Needs = { scope: 'invoices:read', role: 'viewer' };

/** `GET /v1/invoices`: the tenant's invoices, by id. */
export function listInvoices({ pool }: Deps): RequestHandler {
  return async (_req, res) => {
    const { rows } = await enter(pool, res, NEEDS, (client) =>
      client.query<Invoice>(`SELECT ${INVOICE} FROM invoices ORDER BY id`),
    );
    res.json({ items: rows });
  };
}

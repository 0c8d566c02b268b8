import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { TenantInvoices } from './tenant-invoices.ts';

/** `GET /v1/invoices`: the tenant's invoices, by id. */
export function listInvoices({ pool }: Deps): RequestHandler {
  return async (_req, res) => {
    res.json({ items: await TenantInvoices.of(pool, res).all() });
  };
}

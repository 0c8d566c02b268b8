import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { NotFound } from './errors.ts';
import { NO_INVOICE, readId } from './invoice.ts';
import { TenantInvoices } from './tenant-invoices.ts';

/** `GET /v1/invoices/:id` */
export function getInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id'], NO_INVOICE);
    const invoice = await TenantInvoices.of(pool, res).find(id);
    if (!invoice) throw new NotFound(NO_INVOICE);
    res.json({ invoice });
  };
}

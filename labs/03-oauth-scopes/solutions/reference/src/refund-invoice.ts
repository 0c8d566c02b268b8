import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { HttpError, NotFound } from './errors.ts';
import { NO_INVOICE, readId } from './invoice.ts';
import { principalOf } from './principal.ts';
import { TenantInvoices } from './tenant-invoices.ts';

/** `POST /v1/invoices/:id/refund`: pays a paid invoice back, once. */
export function refundInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id'], NO_INVOICE);
    const invoices = TenantInvoices.of(pool, res);
    const invoice = await invoices.refund(id, principalOf(res).userId);
    if (invoice) {
      res.status(201).json({ invoice });
      return;
    }
    if (!(await invoices.find(id))) throw new NotFound(NO_INVOICE);
    throw new HttpError(409, 'only a paid invoice can be refunded');
  };
}

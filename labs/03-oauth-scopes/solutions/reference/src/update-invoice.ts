import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { BadRequest, NotFound } from './errors.ts';
import { NO_INVOICE, readId } from './invoice.ts';
import { readChanges } from './invoice-changes.ts';
import { TenantInvoices } from './tenant-invoices.ts';

/** `PATCH /v1/invoices/:id`: changes `note` and `dueOn`, and answers the invoice. */
export function updateInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id'], NO_INVOICE);
    const changes = readChanges(req.body);
    if (!changes) throw new BadRequest('note and dueOn must be texts, dueOn a date');
    const invoice = await TenantInvoices.of(pool, res).update(id, changes);
    if (!invoice) throw new NotFound(NO_INVOICE);
    res.json({ invoice });
  };
}

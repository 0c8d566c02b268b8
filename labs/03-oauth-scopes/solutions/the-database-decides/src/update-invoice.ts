import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { enter, type Needs } from './enter.ts';
import { BadRequest, NotFound } from './errors.ts';
import { INVOICE, type Invoice, NO_INVOICE, readId } from './invoice.ts';
import { readChanges } from './invoice-changes.ts';

const NEEDS: Needs = { scope: 'invoices:write', role: 'accountant' };

/** `PATCH /v1/invoices/:id`: changes `note` and `dueOn`, and answers the invoice. */
export function updateInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const invoice = await enter(pool, res, NEEDS, async (client) => {
      const id = readId(req.params['id'], NO_INVOICE);
      const changes = readChanges(req.body);
      if (!changes) throw new BadRequest('note and dueOn must be texts, dueOn a date');
      const { rows } = await client.query<Invoice>(
        `UPDATE invoices SET note = coalesce($2, note), due_on = coalesce($3, due_on)
          WHERE id = $1
          RETURNING ${INVOICE}`,
        [id, changes.note, changes.dueOn],
      );
      if (!rows[0]) throw new NotFound(NO_INVOICE);
      return rows[0];
    });
    res.json({ invoice });
  };
}

import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { BadRequest, NotFound } from './errors.ts';
import { INVOICE, type Invoice, NO_INVOICE, readId } from './invoice.ts';

/** The column of each member of an invoice. */
const COLUMNS: Readonly<Record<string, string>> = {
  tenantId: 'tenant_id',
  number: 'number',
  status: 'status',
  totalCents: 'total_cents',
  note: 'note',
  dueOn: 'due_on',
};

/** `PATCH /v1/invoices/:id`: changes what the body names, and answers the invoice. */
export function updateInvoice({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id'], NO_INVOICE);
    const changes = Object.entries((req.body ?? {}) as object).flatMap(([name, value]) => {
      const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
      return column === undefined ? [] : [{ column, value: value as unknown }];
    });
    if (changes.length === 0) throw new BadRequest('nothing to change');
    const assignments = changes.map(({ column }, index) => `${column} = $${index + 2}`).join(', ');
    const { rows } = await pool.query<Invoice>(
      `UPDATE invoices SET ${assignments} WHERE id = $1 RETURNING ${INVOICE}`,
      [id, ...changes.map(({ value }) => value)],
    );
    if (!rows[0]) throw new NotFound(NO_INVOICE);
    res.json({ invoice: rows[0] });
  };
}

import type { PostgresProbe } from '@backend-labs/testkit';

/** An invoice as it is in the database, with the number of its refunds. */
export interface InvoiceRow {
  readonly id: number;
  readonly tenantId: number;
  readonly number: string;
  readonly status: string;
  readonly totalCents: number;
  readonly note: string;
  readonly dueOn: string;
  readonly refunds: number;
}

export async function invoiceRow(postgres: PostgresProbe, id: number): Promise<InvoiceRow> {
  const [row] = await postgres.query<InvoiceRow>(
    `SELECT id, tenant_id AS "tenantId", number, status, total_cents AS "totalCents", note,
            due_on::text AS "dueOn",
            (SELECT count(*)::int FROM refunds WHERE invoice_id = invoices.id) AS refunds
       FROM invoices WHERE id = $1`,
    [id],
  );
  if (!row) throw new Error(`the seed has no invoice ${id}`);
  return row;
}

/** How many invoices a tenant has, and their sum. */
export async function tenantTotal(
  postgres: PostgresProbe,
  tenant: number,
): Promise<{ readonly invoices: number; readonly totalCents: number }> {
  const [total] = await postgres.query<{ invoices: number; totalCents: number }>(
    `SELECT count(*)::int AS invoices, coalesce(sum(total_cents), 0)::int AS "totalCents"
       FROM invoices WHERE tenant_id = $1`,
    [tenant],
  );
  if (!total) throw new Error('count(*) has one row');
  return total;
}

/** `role: undefined` ends the membership. */
export async function setRole(
  postgres: PostgresProbe,
  { id, tenant }: { readonly id: string; readonly tenant: number },
  role: string | undefined,
): Promise<void> {
  if (role === undefined) {
    await postgres.query('DELETE FROM memberships WHERE user_id = $1 AND tenant_id = $2', [
      id,
      tenant,
    ]);
    return;
  }
  await postgres.query(
    `INSERT INTO memberships (user_id, tenant_id, role) VALUES ($1, $2, $3)
     ON CONFLICT (user_id, tenant_id) DO UPDATE SET role = excluded.role`,
    [id, tenant, role],
  );
}

/** A user without memberships. */
export async function addUser(postgres: PostgresProbe, id: string): Promise<void> {
  await postgres.query('INSERT INTO users (id, email) VALUES ($1, $1)', [id]);
}

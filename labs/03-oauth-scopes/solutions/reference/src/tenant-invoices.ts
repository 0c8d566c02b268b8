import type { Response } from 'express';
import type { Pool } from 'pg';
import { INVOICE, type Invoice } from './invoice.ts';
import type { InvoiceChanges } from './invoice-changes.ts';
import { principalOf } from './principal.ts';

/**
 * The invoices of one tenant. All statements about invoices are here, and none can be written without
 * the tenant: a foreign invoice is one that is not there.
 */
export class TenantInvoices {
  readonly #pool: Pool;
  readonly #tenantId: number;

  constructor(pool: Pool, tenantId: number) {
    this.#pool = pool;
    this.#tenantId = tenantId;
  }

  /** Of the tenant that the request is made for. */
  static of(pool: Pool, res: Response): TenantInvoices {
    return new TenantInvoices(pool, principalOf(res).tenantId);
  }

  async all(): Promise<Invoice[]> {
    return this.#query(`SELECT ${INVOICE} FROM invoices WHERE tenant_id = $1 ORDER BY id`);
  }

  async find(id: number): Promise<Invoice | undefined> {
    const sql = `SELECT ${INVOICE} FROM invoices WHERE tenant_id = $1 AND id = $2`;
    return (await this.#query(sql, id))[0];
  }

  async update(id: number, { note, dueOn }: InvoiceChanges): Promise<Invoice | undefined> {
    const sql = `UPDATE invoices SET note = coalesce($3, note), due_on = coalesce($4, due_on)
                  WHERE tenant_id = $1 AND id = $2
                  RETURNING ${INVOICE}`;
    return (await this.#query(sql, id, note, dueOn))[0];
  }

  /** `undefined` if there is no such invoice, or if it is not paid. */
  async refund(id: number, userId: string): Promise<Invoice | undefined> {
    const sql = `WITH refunded AS (
                   UPDATE invoices SET status = 'refunded'
                    WHERE tenant_id = $1 AND id = $2 AND status = 'paid'
                    RETURNING *
                 ), refund AS (
                   INSERT INTO refunds (invoice_id, amount_cents, refunded_by)
                   SELECT id, total_cents, $3 FROM refunded
                 )
                 SELECT ${INVOICE} FROM refunded`;
    return (await this.#query(sql, id, userId))[0];
  }

  async #query(sql: string, ...values: readonly unknown[]): Promise<Invoice[]> {
    return (await this.#pool.query<Invoice>(sql, [this.#tenantId, ...values])).rows;
  }
}

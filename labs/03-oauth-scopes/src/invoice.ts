import { NotFound } from './errors.ts';

/** An invoice as the API shows it. */
export interface Invoice {
  readonly id: number;
  readonly tenantId: number;
  readonly number: string;
  readonly status: 'open' | 'paid' | 'refunded';
  readonly totalCents: number;
  readonly note: string;
  /** `2026-02-07` */
  readonly dueOn: string;
}

/** The columns of an `Invoice`, for SELECT and RETURNING. */
export const INVOICE = `id, tenant_id AS "tenantId", number, status, total_cents AS "totalCents",
  note, due_on::text AS "dueOn"`;

export const NO_INVOICE = 'no such invoice';

/** The id in a path. Throws `NotFound`, because no row has an id that is not a number. */
export function readId(text: unknown, missing: string): number {
  if (typeof text !== 'string' || !/^\d{1,9}$/u.test(text)) throw new NotFound(missing);
  return Number(text);
}

import type { PostgresProbe } from '@backend-labs/testkit';

type Asks = Pick<PostgresProbe, 'query'>;

export interface Head {
  readonly id: number;
  readonly customerId: number;
  readonly customerName: string;
  readonly address: string;
  /** ISO 8601, in UTC, to the millisecond. */
  readonly issuedAt: string;
  readonly status: string;
  readonly totalCents: number;
}

export interface Line {
  readonly productId: number | null;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitCents: number;
}

const HEADS = `
  SELECT id::float8 AS id, customer_id::float8 AS "customerId", customer_name AS "customerName",
         address, issued_at AS "issuedAt", status::text AS status,
         total_cents::float8 AS "totalCents"
    FROM contract.invoices`;

interface HeadRow extends Omit<Head, 'issuedAt'> {
  readonly issuedAt: Date;
}

const asHead = (row: HeadRow): Head => ({ ...row, issuedAt: row.issuedAt.toISOString() });

/** Rows of `contract.invoices` with that ID: one, if all is well. */
export async function heads(postgres: Asks, id: number): Promise<Head[]> {
  return (await postgres.query<HeadRow>(`${HEADS} WHERE id = $1`, [id])).map(asHead);
}

/** Rows of `contract.invoices` below an ID, in the order of their IDs. */
export async function headsBelow(postgres: Asks, id: number): Promise<Head[]> {
  return (await postgres.query<HeadRow>(`${HEADS} WHERE id < $1 ORDER BY id`, [id])).map(asHead);
}

/** Rows of `contract.invoice_lines` of an invoice, in the order of `line`. */
export function lines(postgres: Asks, id: number): Promise<Line[]> {
  return postgres.query<Line>(
    `SELECT product_id::float8 AS "productId", sku, name, quantity::float8 AS quantity,
            unit_cents::float8 AS "unitCents"
       FROM contract.invoice_lines WHERE invoice_id = $1 ORDER BY line`,
    [id],
  );
}

/** IDs of a customer's invoices, in their order. */
export async function idsOf(postgres: Asks, customer: number): Promise<number[]> {
  const rows = await postgres.query<{ id: number }>(
    'SELECT id::float8 AS id FROM contract.invoices WHERE customer_id = $1 ORDER BY id',
    [customer],
  );
  return rows.map(({ id }) => id);
}

export interface OfferRow {
  readonly productId: number;
  readonly supplierId: number;
  readonly country: string | null;
  readonly costCents: number;
  readonly preferred: boolean;
}

/** `contract.offers`, of one product or all, in a fixed order. */
export function offers(postgres: Asks, product?: number): Promise<OfferRow[]> {
  return postgres.query<OfferRow>(
    `SELECT product_id::float8 AS "productId", supplier_id::float8 AS "supplierId", country,
            cost_cents::float8 AS "costCents", preferred
       FROM contract.offers WHERE $1::bigint IS NULL OR product_id = $1
      ORDER BY product_id, supplier_id, country NULLS FIRST, cost_cents`,
    [product],
  );
}

export interface Price {
  readonly cents: number;
  /** ISO 8601 to the millisecond. */
  readonly from: string;
  readonly to: string | null;
}

/** `contract.prices` of one product, in the order of time. */
export async function prices(postgres: Asks, product: number): Promise<Price[]> {
  const rows = await postgres.query<{ cents: number; from: Date; to: Date | null }>(
    `SELECT cents::float8 AS cents, valid_from AS from, valid_to AS to
       FROM contract.prices WHERE product_id = $1 ORDER BY valid_from, valid_to`,
    [product],
  );
  return rows.map(({ cents, from, to }) => ({
    cents,
    from: from.toISOString(),
    to: to?.toISOString() ?? null,
  }));
}

/** Pairs of a product's prices whose periods overlap, and prices without a period. */
export async function overlaps(postgres: Asks, product: number): Promise<number> {
  const [found] = await postgres.query<{ many: number }>(
    `WITH p AS (
       SELECT row_number() OVER () AS n, tstzrange(valid_from, valid_to) AS period
         FROM contract.prices WHERE product_id = $1
     )
     SELECT (SELECT count(*) FROM p JOIN p q ON p.n < q.n AND p.period && q.period)::float8 AS many`,
    [product],
  );
  return found?.many ?? 0;
}

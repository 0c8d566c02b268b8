import type { ClientBase, Pool } from 'pg';
import { NotFound } from './errors.ts';

/** A product on sale. */
export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  /** Cents, now; null if it has no price. */
  readonly priceCents: number | null;
}

/** With the price that holds at an instant, now unless told. Throws `NotFound` unless it is on sale. */
export async function readProduct(db: Pool | ClientBase, id: number, at?: Date): Promise<Product> {
  const { rows } = await db.query<Product>(
    `SELECT p.id::float8 AS id, p.sku, p.name, r.cents::float8 AS "priceCents"
       FROM products p
       LEFT JOIN prices r
         ON r.product_id = p.id
        AND tstzrange(r.valid_from, r.valid_to) @> coalesce($2, clock_timestamp())
      WHERE p.id = $1 AND p.retired_at IS NULL`,
    [id, at],
  );
  const [product] = rows;
  if (!product) throw new NotFound('no such product');
  return product;
}

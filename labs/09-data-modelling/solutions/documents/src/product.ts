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
    `SELECT id::float8 AS id, sku, name,
            (SELECT cents FROM price_changes
              WHERE product_id = $1 AND since <= coalesce($2, clock_timestamp())
              ORDER BY since DESC LIMIT 1)::float8 AS "priceCents"
       FROM products
      WHERE id = $1 AND on_sale`,
    [id, at],
  );
  const [product] = rows;
  if (!product) throw new NotFound('no such product');
  return product;
}

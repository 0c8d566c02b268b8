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

interface ProductRow {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly price_cents: number | null;
}

/** Throws `NotFound` unless the product is on sale. */
export async function readProduct(db: Pool | ClientBase, id: number): Promise<Product> {
  const { rows } = await db.query<ProductRow>(
    'SELECT id, sku, name, price_cents FROM products WHERE id = $1',
    [id],
  );
  const [row] = rows;
  if (!row) throw new NotFound('no such product');
  return { id: Number(row.id), sku: row.sku, name: row.name, priceCents: row.price_cents };
}

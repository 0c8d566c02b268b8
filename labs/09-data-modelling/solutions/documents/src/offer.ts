import type { ClientBase, Pool } from 'pg';
import { readProduct } from './product.ts';

/** What a supplier asks for a product. */
export interface Offer {
  readonly supplierId: number;
  /** Where it holds; null is every country that the supplier has no other offer for. */
  readonly country: string | null;
  readonly costCents: number;
  readonly preferred: boolean;
}

/** Throws `NotFound` unless the product is on sale. */
export async function readOffers(db: Pool | ClientBase, productId: number): Promise<Offer[]> {
  await readProduct(db, productId);
  const { rows } = await db.query<Offer>(
    `SELECT supplier_id::float8 AS "supplierId", country, cost_cents::float8 AS "costCents",
            preferred
       FROM contract.offers WHERE product_id = $1`,
    [productId],
  );
  return rows;
}

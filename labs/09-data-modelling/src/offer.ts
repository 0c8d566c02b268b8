import type { ClientBase, Pool } from 'pg';
import { NotFound } from './errors.ts';

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
  const { rows } = await db.query<{ offers: Offer[] }>(
    'SELECT offers FROM products WHERE id = $1',
    [productId],
  );
  const [row] = rows;
  if (!row) throw new NotFound('no such product');
  return row.offers;
}

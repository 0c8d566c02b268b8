import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { readOffers } from './offer.ts';
import { countryOf, fieldsOf, idOf, numberOf } from './params.ts';
import { inTransaction } from './transaction.ts';

/** `PUT /v1/products/:id/preferred-offer`: prefers one offer, and no other, of a product. */
export function preferOffer(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    const fields = fieldsOf(req.body);
    const supplierId = numberOf(fields, 'supplierId', 1, 1e15);
    const country = countryOf(fields);
    const offers = await inTransaction(pool, async (client) => {
      // Of two changes at the same time, the second waits here and sees what the first did.
      await client.query('SELECT FROM products WHERE id = $1 FOR UPDATE', [id]);
      await client.query(
        'UPDATE offers SET preferred = false WHERE product_id = $1 AND preferred',
        [id],
      );
      const { rowCount } = await client.query(
        `UPDATE offers SET preferred = true
          WHERE product_id = $1 AND supplier_id = $2 AND country IS NOT DISTINCT FROM $3`,
        [id, supplierId, country],
      );
      if (!rowCount) throw new NotFound('no such offer');
      return readOffers(client, id);
    });
    res.json({ offers });
  };
}

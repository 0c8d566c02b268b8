import type { RequestHandler } from 'express';
import { DatabaseError, type Pool } from 'pg';
import { NotFound } from './errors.ts';
import { readOffers } from './offer.ts';
import { countryOf, fieldsOf, idOf, numberOf } from './params.ts';

const NO_SUCH_ROW = '23503';

/** `PUT /v1/products/:id/preferred-offer`: prefers one offer, and no other, of a product. */
export function preferOffer(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    const fields = fieldsOf(req.body);
    const supplierId = numberOf(fields, 'supplierId', 1, 1e15);
    const country = countryOf(fields) ?? '';
    try {
      await pool.query(
        'UPDATE products SET preferred_supplier = $2, preferred_country = $3 WHERE id = $1 AND on_sale',
        [id, supplierId, country],
      );
    } catch (error) {
      const missing = error instanceof DatabaseError && error.code === NO_SUCH_ROW;
      throw missing ? new NotFound('no such offer') : error;
    }
    res.json({ offers: await readOffers(pool, id) });
  };
}

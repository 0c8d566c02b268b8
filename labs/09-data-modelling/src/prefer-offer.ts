import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { readOffers } from './offer.ts';
import { countryOf, fieldsOf, idOf, numberOf } from './params.ts';

/** `PUT /v1/products/:id/preferred-offer`: prefers one offer, and no other, of a product. */
export function preferOffer(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    const fields = fieldsOf(req.body);
    const supplierId = numberOf(fields, 'supplierId', 1, 1e15);
    const country = countryOf(fields);
    const offers = (await readOffers(pool, id)).map((offer) => ({
      ...offer,
      preferred: offer.supplierId === supplierId && offer.country === country,
    }));
    if (!offers.some(({ preferred }) => preferred)) throw new NotFound('no such offer');
    await pool.query('UPDATE products SET offers = $2 WHERE id = $1', [id, JSON.stringify(offers)]);
    res.json({ offers });
  };
}

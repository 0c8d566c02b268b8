import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { Conflict } from './conflict.ts';
import { type Offer, readOffers } from './offer.ts';
import { centsOf, countryOf, fieldsOf, flagOf, idOf, numberOf } from './params.ts';

/** `POST /v1/products/:id/offers`: another offer for a product. */
export function createOffer(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    const fields = fieldsOf(req.body);
    const offer: Offer = {
      supplierId: numberOf(fields, 'supplierId', 1, 1e15),
      country: countryOf(fields),
      costCents: centsOf(fields, 'costCents'),
      preferred: flagOf(fields, 'preferred'),
    };
    const offers = await readOffers(pool, id);
    if (
      offers.some(
        ({ supplierId, country }) => supplierId === offer.supplierId && country === offer.country,
      )
    ) {
      throw new Conflict('the supplier has such an offer already');
    }
    if (offer.preferred && offers.some(({ preferred }) => preferred)) {
      throw new Conflict('the product has a preferred offer already');
    }
    await pool.query('UPDATE products SET offers = $2 WHERE id = $1', [
      id,
      JSON.stringify([...offers, offer]),
    ]);
    res.status(201).json({ offer });
  };
}

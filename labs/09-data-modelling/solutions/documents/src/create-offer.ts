import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { Offer } from './offer.ts';
import { centsOf, countryOf, fieldsOf, flagOf, idOf, numberOf } from './params.ts';
import { readProduct } from './product.ts';
import { orConflict } from './refusal.ts';

/** `POST /v1/products/:id/offers`: another offer for a product. */
export function createOffer(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { id } = await readProduct(pool, idOf(req.params.id));
    const fields = fieldsOf(req.body);
    const offer: Offer = {
      supplierId: numberOf(fields, 'supplierId', 1, 1e15),
      country: countryOf(fields),
      costCents: centsOf(fields, 'costCents'),
      preferred: flagOf(fields, 'preferred'),
    };
    const insert = pool.query(
      `INSERT INTO contract.offers (product_id, supplier_id, country, cost_cents, preferred)
       VALUES ($1, $2, $3, $4, $5)`,
      [id, offer.supplierId, offer.country, offer.costCents, offer.preferred],
    );
    await orConflict('the product cannot have this offer beside its others', insert);
    res.status(201).json({ offer });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readOffers } from './offer.ts';
import { idOf } from './params.ts';

/** `GET /v1/products/:id/offers`: what suppliers ask for a product. */
export function listOffers(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    res.json({ offers: await readOffers(pool, idOf(req.params.id)) });
  };
}

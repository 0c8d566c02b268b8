import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { idOf, instantOf } from './params.ts';
import { readProduct } from './product.ts';

/** `GET /v1/products/:id/price?at=`: the price at an instant, now unless told. */
export function getPrice(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    // TODO(task 3): at.
    instantOf(req.query['at'], 'at');
    const { priceCents } = await readProduct(pool, idOf(req.params.id));
    if (priceCents === null) throw new NotFound('no price');
    res.json({ cents: priceCents });
  };
}

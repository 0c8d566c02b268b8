import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { idOf } from './params.ts';
import { readProduct } from './product.ts';

/** `GET /v1/products/:id`: a product as it is sold now. */
export function getProduct(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    res.json({ product: await readProduct(pool, idOf(req.params.id)) });
  };
}

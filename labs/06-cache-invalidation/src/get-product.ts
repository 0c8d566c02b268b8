import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { Cache } from './cache.ts';
import { NotFound } from './errors.ts';
import { readCount } from './params.ts';
import { findProduct } from './products.ts';

/** `GET /v1/products/:id` */
export function getProduct(pool: Pool, cache: Cache): RequestHandler {
  return async (req, res) => {
    const id = readCount(req.params['id'], 'id');
    const key = `product:${id}`;
    const hit = await cache.get(key);
    if (hit !== undefined) {
      res.json({ product: JSON.parse(hit) as unknown });
      return;
    }
    const product = await findProduct(pool, id);
    if (!product) throw new NotFound('no such product');
    await cache.set(key, JSON.stringify(product));
    res.json({ product });
  };
}

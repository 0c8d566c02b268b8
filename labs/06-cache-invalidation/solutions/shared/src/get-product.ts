import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { type Cache, productTag } from './cache.ts';
import { NotFound } from './errors.ts';
import { readCount } from './params.ts';
import { findProduct } from './products.ts';

/** `GET /v1/products/:id` */
export function getProduct(pool: Pool, cache: Cache): RequestHandler {
  return async (req, res) => {
    const id = readCount(req.params['id'], 'id');
    const product = await cache.read({ tag: productTag(id), name: 'product' }, async () => {
      const found = await findProduct(pool, id);
      if (!found) throw new NotFound('no such product');
      return found;
    });
    // Every cache may store it and has to ask before each use. Express adds the ETag.
    res.set('Cache-Control', 'no-cache').json({ product });
  };
}

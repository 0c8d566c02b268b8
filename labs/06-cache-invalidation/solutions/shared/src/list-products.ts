import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { type Cache, categoryTag } from './cache.ts';
import { readCount } from './params.ts';
import { listProducts } from './products.ts';

/** `GET /v1/categories/:id/products?page=`: 20 products a page, by their ids. */
export function listCategory(pool: Pool, cache: Cache): RequestHandler {
  return async (req, res) => {
    const id = readCount(req.params['id'], 'id');
    const page = readCount(req.query['page'] ?? '1', 'page');
    const items = await cache.read({ tag: categoryTag(id), name: `page ${page}` }, () =>
      listProducts(pool, id, page),
    );
    res.set('Cache-Control', 'public, max-age=10, stale-while-revalidate=30').json({ page, items });
  };
}

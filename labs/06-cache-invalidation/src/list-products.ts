import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readCount } from './params.ts';
import { listProducts } from './products.ts';

/** `GET /v1/categories/:id/products?page=`: 20 products a page, by their ids. */
export function listCategory(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = readCount(req.params['id'], 'id');
    const page = readCount(req.query['page'] ?? '1', 'page');
    res.json({ page, items: await listProducts(pool, id, page) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { Cache } from './cache.ts';
import { BadRequest, NotFound } from './errors.ts';
import { checkCount, readCount } from './params.ts';
import { type Change, changeProduct } from './products.ts';
import { transaction } from './transaction.ts';

/** `PUT /v1/admin/products/:id` with `{ "name", "priceCents", "categoryId" }`. */
export function updateProduct(pool: Pool, cache: Cache): RequestHandler {
  return async (req, res) => {
    const id = readCount(req.params['id'], 'id');
    const change = readChange(req.body);
    const product = await transaction(pool, async (client) => {
      const changed = await changeProduct(client, id, change);
      if (!changed) throw new NotFound('no such product');
      await cache.delete(`product:${id}`);
      return changed;
    });
    res.json({ product });
  };
}

function readChange(body: unknown): Change {
  const { name, priceCents, categoryId } = (body ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || name === '') throw new BadRequest('name must be a text');
  return {
    name,
    priceCents: checkCount(priceCents, 'priceCents'),
    categoryId: checkCount(categoryId, 'categoryId'),
  };
}

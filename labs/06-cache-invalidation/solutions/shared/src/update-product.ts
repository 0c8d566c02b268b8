import type { RequestHandler } from 'express';
import { type Cache, categoryTag, productTag } from './cache.ts';
import { BadRequest, NotFound } from './errors.ts';
import { checkCount, readCount } from './params.ts';
import { type Change, changeProduct, lockProduct } from './products.ts';

/** `PUT /v1/admin/products/:id` with `{ "name", "priceCents", "categoryId" }`. */
export function updateProduct(cache: Cache): RequestHandler {
  return async (req, res) => {
    const id = readCount(req.params['id'], 'id');
    const change = readChange(req.body);
    const product = await cache.write(async (client, touch) => {
      const before = await lockProduct(client, id);
      if (!before) throw new NotFound('no such product');
      // The pages of the old category lose it, and those of the new one get it.
      const categories = new Set([before.categoryId, change.categoryId]);
      await touch([productTag(id), ...[...categories].map(categoryTag)]);
      return changeProduct(client, id, change);
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

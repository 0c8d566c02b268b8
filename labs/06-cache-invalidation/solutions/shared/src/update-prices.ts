import type { RequestHandler } from 'express';
import { type Cache, categoryTag, productTag } from './cache.ts';
import { BadRequest } from './errors.ts';
import { checkCount } from './params.ts';
import { changePrices } from './products.ts';

/** `POST /v1/admin/prices` with `{ "categoryId", "percent" }`: a sale, or the end of one. */
export function updatePrices(cache: Cache): RequestHandler {
  return async (req, res) => {
    const { categoryId, percent } = readSale(req.body);
    const changed = await cache.write(async (client, touch) => {
      const products = await changePrices(client, categoryId, percent);
      await touch([categoryTag(categoryId), ...products.map(({ id }) => productTag(id))]);
      return products.length;
    });
    res.json({ changed });
  };
}

export interface Sale {
  readonly categoryId: number;
  readonly percent: number;
}

function readSale(body: unknown): Sale {
  const { categoryId, percent } = (body ?? {}) as Record<string, unknown>;
  if (!Number.isInteger(percent) || Math.abs(Number(percent)) > 90) {
    throw new BadRequest('percent must be a whole number from -90 to 90');
  }
  return { categoryId: checkCount(categoryId, 'categoryId'), percent: Number(percent) };
}

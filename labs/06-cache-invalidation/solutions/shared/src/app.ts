import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Cache } from './cache.ts';
import { errorHandler, NotFound } from './errors.ts';
import { getBasket } from './get-basket.ts';
import { getProduct } from './get-product.ts';
import { listCategory } from './list-products.ts';
import { noStoreErrors } from './no-store-errors.ts';
import { requestLog } from './request-log.ts';
import { updatePrices } from './update-prices.ts';
import { updateProduct } from './update-product.ts';

export interface Deps {
  readonly pool: Pool;
  readonly cache: Cache;
  readonly log: Logger;
}

/** All routes of the service, without listening. */
export function createApp({ pool, cache, log }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.sendStatus(200);
  });
  app.get('/v1/products/:id', getProduct(pool, cache));
  app.get('/v1/categories/:id/products', listCategory(pool, cache));
  app.get('/v1/me/basket', getBasket(pool));
  app.put('/v1/admin/products/:id', updateProduct(cache));
  app.post('/v1/admin/prices', updatePrices(cache));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(noStoreErrors, errorHandler);
  return app;
}

import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { cancelInvoice } from './cancel-invoice.ts';
import { createOffer } from './create-offer.ts';
import { createProduct } from './create-product.ts';
import { errorHandler, NotFound } from './errors.ts';
import { getInvoice } from './get-invoice.ts';
import { getPrice } from './get-price.ts';
import { getProduct } from './get-product.ts';
import { listInvoices } from './list-invoices.ts';
import { listOffers } from './list-offers.ts';
import { placeOrder } from './place-order.ts';
import { preferOffer } from './prefer-offer.ts';
import { requestLog } from './request-log.ts';
import { retireProduct } from './retire-product.ts';
import { revenueReport } from './revenue-report.ts';
import { updateCustomer } from './update-customer.ts';
import { updateProduct } from './update-product.ts';

export interface Deps {
  readonly pool: Pool;
  readonly log: Logger;
}

/** All routes of the service, without listening. */
export function createApp({ pool, log }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.post('/v1/products', createProduct(pool));
  app.get('/v1/products/:id', getProduct(pool));
  app.patch('/v1/products/:id', updateProduct(pool));
  app.delete('/v1/products/:id', retireProduct(pool));
  app.get('/v1/products/:id/price', getPrice(pool));
  app.get('/v1/products/:id/offers', listOffers(pool));
  app.post('/v1/products/:id/offers', createOffer(pool));
  app.put('/v1/products/:id/preferred-offer', preferOffer(pool));
  app.patch('/v1/customers/:id', updateCustomer(pool));
  app.get('/v1/customers/:id/invoices', listInvoices(pool));
  app.post('/v1/orders', placeOrder(pool));
  app.get('/v1/invoices/:id', getInvoice(pool));
  app.post('/v1/invoices/:id/cancel', cancelInvoice(pool));
  app.get('/v1/reports/revenue', revenueReport(pool));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

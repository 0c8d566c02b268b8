import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { centsOf, fieldsOf, textOf } from './params.ts';
import { readProduct } from './product.ts';
import { orConflict } from './refusal.ts';
import { setPrice } from './set-price.ts';
import { inTransaction } from './transaction.ts';

/** `POST /v1/products`: a product, on sale from now on. */
export function createProduct(pool: Pool): RequestHandler {
  return async (req, res) => {
    const fields = fieldsOf(req.body);
    const sku = textOf(fields, 'sku');
    const name = textOf(fields, 'name');
    const cents = fields['priceCents'] === undefined ? null : centsOf(fields, 'priceCents');
    const insert = inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        'INSERT INTO products (sku, name) VALUES ($1, $2) RETURNING id',
        [sku, name],
      );
      const id = Number(rows[0]?.id);
      if (cents !== null) await setPrice(client, id, cents);
      return readProduct(client, id);
    });
    res.status(201).json({ product: await orConflict(`the SKU ${sku} is taken`, insert) });
  };
}

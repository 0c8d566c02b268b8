import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { centsOf, fieldsOf, idOf, textOf } from './params.ts';
import { readProduct } from './product.ts';
import { orConflict } from './refusal.ts';
import { setPrice } from './set-price.ts';
import { inTransaction } from './transaction.ts';

/** `PATCH /v1/products/:id`: another name, or another price from now on. */
export function updateProduct(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    const fields = fieldsOf(req.body);
    const name = fields['name'] === undefined ? null : textOf(fields, 'name');
    const cents = fields['priceCents'] === undefined ? null : centsOf(fields, 'priceCents');
    const update = inTransaction(pool, async (client) => {
      if (cents !== null) await setPrice(client, id, cents);
      await client.query('UPDATE products SET name = coalesce($2, name) WHERE id = $1', [id, name]);
      return readProduct(client, id);
    });
    res.json({ product: await orConflict('another price was set meanwhile', update) });
  };
}

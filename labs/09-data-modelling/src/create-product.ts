import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { Conflict } from './conflict.ts';
import { centsOf, fieldsOf, textOf } from './params.ts';
import { readProduct } from './product.ts';

/** `POST /v1/products`: a product, on sale from now on. */
export function createProduct(pool: Pool): RequestHandler {
  return async (req, res) => {
    const fields = fieldsOf(req.body);
    const sku = textOf(fields, 'sku');
    const name = textOf(fields, 'name');
    const cents = fields['priceCents'] === undefined ? null : centsOf(fields, 'priceCents');
    const taken = await pool.query('SELECT FROM products WHERE sku = $1', [sku]);
    if (taken.rowCount) throw new Conflict(`the SKU ${sku} is taken`);
    const { rows } = await pool.query<{ id: string }>(
      'INSERT INTO products (sku, name, price_cents) VALUES ($1, $2, $3) RETURNING id',
      [sku, name, cents],
    );
    res.status(201).json({ product: await readProduct(pool, Number(rows[0]?.id)) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { centsOf, fieldsOf, idOf, textOf } from './params.ts';
import { readProduct } from './product.ts';

/** `PATCH /v1/products/:id`: another name, or another price from now on. */
export function updateProduct(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    const fields = fieldsOf(req.body);
    const name = fields['name'] === undefined ? null : textOf(fields, 'name');
    const cents = fields['priceCents'] === undefined ? null : centsOf(fields, 'priceCents');
    await pool.query(
      `UPDATE products SET name = coalesce($2, name), price_cents = coalesce($3, price_cents)
        WHERE id = $1`,
      [id, name, cents],
    );
    res.json({ product: await readProduct(pool, id) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { idOf } from './params.ts';

/** `DELETE /v1/products/:id`: takes a product off sale. */
export function retireProduct(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { rowCount } = await pool.query(
      'UPDATE products SET on_sale = NULL WHERE id = $1 AND on_sale',
      [idOf(req.params.id)],
    );
    if (!rowCount) throw new NotFound('no such product');
    res.status(204).end();
  };
}

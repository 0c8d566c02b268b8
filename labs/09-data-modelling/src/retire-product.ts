import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { idOf } from './params.ts';

/** `DELETE /v1/products/:id`: takes a product off sale. */
export function retireProduct(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { rowCount } = await pool.query('DELETE FROM products WHERE id = $1', [
      idOf(req.params.id),
    ]);
    if (!rowCount) throw new NotFound('no such product');
    res.status(204).end();
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { idOf } from './params.ts';

/** `DELETE /v1/products/:id`: takes a product off sale. Its invoices still refer to it. */
export function retireProduct(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { rowCount } = await pool.query(
      'UPDATE products SET retired_at = now() WHERE id = $1 AND retired_at IS NULL',
      [idOf(req.params.id)],
    );
    if (!rowCount) throw new NotFound('no such product');
    res.status(204).end();
  };
}

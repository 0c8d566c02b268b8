import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { ORDER_COLUMNS, type OrderRow, toOrder } from './order.ts';

/**
 * `POST /internal/orders/claim`: hands the oldest pending order of all tenants to one worker, or
 * answers 204. Workers that ask at the same time get different orders.
 */
export function claimOrder(pool: Pool): RequestHandler {
  return async (_req, res) => {
    // 'pending' is not a parameter: a plan made for any status could not use the partial index.
    const { rows } = await pool.query<OrderRow>({
      name: 'claim-order',
      text: `UPDATE orders
                SET status = 'processing'
              WHERE id = (SELECT id
                            FROM orders
                           WHERE status = 'pending'
                           ORDER BY placed_at, id
                           LIMIT 1
                             FOR UPDATE SKIP LOCKED)
          RETURNING ${ORDER_COLUMNS}`,
    });
    const [row] = rows;
    if (row) res.json({ order: toOrder(row) });
    else res.status(204).end();
  };
}

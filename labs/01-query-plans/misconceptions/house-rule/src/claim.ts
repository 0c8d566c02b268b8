import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { ORDER_COLUMNS, type OrderRow, type Status, toOrder } from './order.ts';

const FROM: Status = 'pending';
const TO: Status = 'processing';

/**
 * `POST /internal/orders/claim`: hands the oldest pending order of all tenants to one worker, or
 * answers 204. Workers that ask at the same time get different orders.
 */
export function claimOrder(pool: Pool): RequestHandler {
  return async (_req, res) => {
    const { rows } = await pool.query<OrderRow>({
      name: 'claim-order',
      text: `UPDATE orders
                SET status = $2
              WHERE id = (SELECT id
                            FROM orders
                           WHERE status = $1
                           ORDER BY placed_at, id
                           LIMIT 1
                             FOR UPDATE SKIP LOCKED)
          RETURNING ${ORDER_COLUMNS}`,
      values: [FROM, TO],
    });
    const [row] = rows;
    if (row) res.json({ order: toOrder(row) });
    else res.status(204).end();
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { ORDER_COLUMNS, type OrderRow, toOrder } from './order.ts';
import { required, tenantOf } from './params.ts';

/** `GET /v1/orders/search?email=`: a tenant's orders of one address in any case, newest first. */
export function searchOrders(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { rows } = await pool.query<OrderRow>(
      `SELECT ${ORDER_COLUMNS}
         FROM orders
        WHERE tenant_id = $1 AND lower(email) = lower($2)
        ORDER BY placed_at DESC, id DESC
        LIMIT 50`,
      [tenantOf(req), required(req, 'email')],
    );
    res.json({ orders: rows.map(toOrder) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { ORDER_COLUMNS, type OrderRow, toOrder } from './order.ts';
import { asStatus, limitOf, required, tenantOf } from './params.ts';

/** `GET /v1/orders?status=&limit=`: a tenant's orders of one status, newest first. */
export function listOrders(pool: Pool): RequestHandler {
  return async (req, res) => {
    // TODO(task 3): the back office also wants this list without a status.
    const status = asStatus(required(req, 'status'));
    const { rows } = await pool.query<OrderRow>(
      `SELECT ${ORDER_COLUMNS}
         FROM orders
        WHERE tenant_id = $1 AND status = $2
        ORDER BY placed_at DESC, id DESC
        LIMIT $3`,
      [tenantOf(req), status, limitOf(req)],
    );
    res.json({ orders: rows.map(toOrder) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { ORDER_COLUMNS, type OrderRow, toOrder } from './order.ts';
import { asStatus, limitOf, optional, tenantOf } from './params.ts';

/** `GET /v1/orders?status=&limit=`: a tenant's orders, of one status when given, newest first. */
export function listOrders(pool: Pool): RequestHandler {
  return async (req, res) => {
    const asked = optional(req, 'status');
    const status = asked === undefined ? null : asStatus(asked);
    const { rows } = await pool.query<OrderRow>(
      `SELECT ${ORDER_COLUMNS}
         FROM orders
        WHERE tenant_id = $1 AND ($2::text IS NULL OR status = $2)
        ORDER BY placed_at DESC, id DESC
        LIMIT $3`,
      [tenantOf(req), status, limitOf(req)],
    );
    res.json({ orders: rows.map(toOrder) });
  };
}

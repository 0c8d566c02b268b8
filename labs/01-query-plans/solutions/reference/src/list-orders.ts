import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { ORDER_COLUMNS, type OrderRow, toOrder } from './order.ts';
import { asStatus, limitOf, optional, tenantOf } from './params.ts';

/** `GET /v1/orders?status=&limit=`: a tenant's orders, of one status when given, newest first. */
export function listOrders(pool: Pool): RequestHandler {
  return async (req, res) => {
    const values: unknown[] = [tenantOf(req), limitOf(req)];
    const conditions = ['tenant_id = $1'];
    const status = optional(req, 'status');
    // A condition that is not asked for is not sent: one plan could not serve both questions.
    if (status !== undefined) conditions.push(`status = $${values.push(asStatus(status))}`);
    const { rows } = await pool.query<OrderRow>(
      `SELECT ${ORDER_COLUMNS}
         FROM orders
        WHERE ${conditions.join(' AND ')}
        ORDER BY placed_at DESC, id DESC
        LIMIT $2`,
      values,
    );
    res.json({ orders: rows.map(toOrder) });
  };
}

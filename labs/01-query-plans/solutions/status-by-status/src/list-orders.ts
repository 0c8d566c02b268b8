import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { ORDER_COLUMNS, type OrderRow, STATUSES, toOrder } from './order.ts';
import { asStatus, limitOf, optional, tenantOf } from './params.ts';

/**
 * `GET /v1/orders?status=&limit=`: a tenant's orders, of one status when given, newest first.
 *
 * Each status of a tenant is a sorted run of one index. The page is the top of the runs that the
 * request wants: one run, or all five merged. So both questions share the statement and the index.
 */
export function listOrders(pool: Pool): RequestHandler {
  return async (req, res) => {
    const status = optional(req, 'status');
    const wanted = status === undefined ? STATUSES : [asStatus(status)];
    const { rows } = await pool.query<OrderRow>(
      `SELECT page.*
         FROM unnest($2::text[]) AS wanted (status)
        CROSS JOIN LATERAL (
              SELECT ${ORDER_COLUMNS}
                FROM orders
               WHERE tenant_id = $1 AND orders.status = wanted.status
               ORDER BY placed_at DESC, id DESC
               LIMIT $3) AS page
        ORDER BY placed_at DESC, id DESC
        LIMIT $3`,
      [tenantOf(req), wanted, limitOf(req)],
    );
    res.json({ orders: rows.map(toOrder) });
  };
}

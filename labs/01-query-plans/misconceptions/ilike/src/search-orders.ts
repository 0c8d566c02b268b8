import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { ORDER_COLUMNS, type OrderRow, toOrder } from './order.ts';
import { required, tenantOf } from './params.ts';

/** A pattern that stands for itself: `_` and `%` are ordinary in an address. */
const literally = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

/** `GET /v1/orders/search?email=`: a tenant's orders of one address in any case, newest first. */
export function searchOrders(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { rows } = await pool.query<OrderRow>(
      `SELECT ${ORDER_COLUMNS}
         FROM orders
        WHERE tenant_id = $1 AND email ILIKE $2
        ORDER BY placed_at DESC, id DESC
        LIMIT 50`,
      [tenantOf(req), literally(required(req, 'email'))],
    );
    res.json({ orders: rows.map(toOrder) });
  };
}

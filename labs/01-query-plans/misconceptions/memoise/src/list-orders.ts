import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { type Order, ORDER_COLUMNS, type OrderRow, toOrder } from './order.ts';
import { asStatus, limitOf, required, tenantOf } from './params.ts';

const FRESH_FOR_MS = 60_000;

interface Page {
  readonly orders: Order[];
  readonly until: number;
}

/** `GET /v1/orders?status=&limit=`: a tenant's orders of one status, newest first. */
export function listOrders(pool: Pool): RequestHandler {
  const pages = new Map<string, Page>();
  return async (req, res) => {
    const status = asStatus(required(req, 'status'));
    const key = [tenantOf(req), status, limitOf(req)].join('/');
    const kept = pages.get(key);
    if (kept && kept.until > Date.now()) {
      res.json({ orders: kept.orders });
      return;
    }
    const { rows } = await pool.query<OrderRow>(
      `SELECT ${ORDER_COLUMNS}
         FROM orders
        WHERE tenant_id = $1 AND status = $2
        ORDER BY placed_at DESC, id DESC
        LIMIT $3`,
      [tenantOf(req), status, limitOf(req)],
    );
    const orders = rows.map(toOrder);
    pages.set(key, { orders, until: Date.now() + FRESH_FOR_MS });
    res.json({ orders });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest, NotFound } from './errors.ts';
import { ORDER_COLUMNS, type OrderRow, toOrder } from './order.ts';
import { tenantOf } from './params.ts';

/** `PATCH /v1/orders/:id/meta`: merges the keys of the body into the order's meta. */
export function patchMeta(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = Number(req.params['id']);
    if (!Number.isSafeInteger(id) || id < 1) throw new BadRequest('the order id must be a number');
    const changes: unknown = req.body;
    if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) {
      throw new BadRequest('the body must be a JSON object');
    }
    const { rows } = await pool.query<OrderRow>(
      `UPDATE orders
          SET meta = meta || $3
        WHERE id = $1 AND tenant_id = $2
    RETURNING ${ORDER_COLUMNS}`,
      [id, tenantOf(req), changes],
    );
    const [row] = rows;
    if (!row) throw new NotFound('no such order');
    res.json({ order: toOrder(row) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u;

interface Row {
  readonly id: string;
  readonly order_id: string;
  readonly state: string;
}

/** `GET /v1/checkouts/:id`: how far a checkout is. */
export function getCheckout(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = String(req.params['id']);
    const { rows } = UUID.test(id)
      ? await pool.query<Row>('SELECT id, order_id, state FROM checkouts WHERE id = $1', [id])
      : { rows: [] };
    const [row] = rows;
    if (!row) throw new NotFound('no such checkout');
    res.json({ id: row.id, orderId: row.order_id, state: row.state });
  };
}

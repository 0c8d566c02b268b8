import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { idOf } from './params.ts';

/** `GET /v1/customers/:id/invoices`: the ids of a customer's invoices, the latest first. */
export function listInvoices(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { rows } = await pool.query<{ id: string }>(
      'SELECT id FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC, id DESC',
      [idOf(req.params.id)],
    );
    res.json({ invoices: rows.map(({ id }) => Number(id)) });
  };
}

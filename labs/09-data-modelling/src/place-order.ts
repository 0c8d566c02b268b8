import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { Conflict } from './conflict.ts';
import { readInvoice } from './invoice.ts';
import { orderRequestOf } from './order-request.ts';

/** `POST /v1/orders`: takes an order and issues its invoice. */
export function placeOrder(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { customerId, placedAt, lines } = orderRequestOf(req.body);
    const customers = await pool.query('SELECT FROM customers WHERE id = $1', [customerId]);
    if (!customers.rowCount) throw new Conflict(`there is no customer ${customerId}`);
    for (const { productId } of lines) {
      const products = await pool.query(
        'SELECT FROM products WHERE id = $1 AND price_cents IS NOT NULL',
        [productId],
      );
      if (!products.rowCount) throw new Conflict(`product ${productId} is not on sale`);
    }
    const { rows } = await pool.query<{ id: string }>(
      'INSERT INTO orders (customer_id, placed_at) VALUES ($1, coalesce($2, now())) RETURNING id',
      [customerId, placedAt],
    );
    const id = Number(rows[0]?.id);
    for (const [at, { productId, quantity }] of lines.entries()) {
      await pool.query(
        'INSERT INTO order_lines (order_id, line, product_id, quantity) VALUES ($1, $2, $3, $4)',
        [id, at + 1, productId, quantity],
      );
    }
    res.status(201).json({ invoice: await readInvoice(pool, id) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readCount } from './params.ts';

interface Item {
  readonly productId: number;
  readonly name: string;
  readonly priceCents: number;
  readonly quantity: number;
}

/**
 * `GET /v1/me/basket`: the basket of the customer that the gateway names in `X-Customer-Id`. Not
 * cached: another service writes it, and hardly anybody reads it twice without a change.
 */
export function getBasket(pool: Pool): RequestHandler {
  return async (req, res) => {
    const customerId = readCount(req.get('x-customer-id'), 'X-Customer-Id');
    const { rows } = await pool.query<Item>(
      `SELECT p.id AS "productId", p.name, p.price_cents AS "priceCents", b.quantity
         FROM basket_items b JOIN products p ON p.id = b.product_id
        WHERE b.customer_id = $1 ORDER BY p.id`,
      [customerId],
    );
    res.set('Cache-Control', 'no-store').json({ customerId, items: rows });
  };
}

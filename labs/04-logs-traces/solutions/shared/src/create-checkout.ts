import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { checkoutOf } from './checkout.ts';
import { log } from './log.ts';
import type { Publisher } from './publisher.ts';

/** `POST /v1/checkouts`: keeps a checkout, asks the worker to ship it, and answers 202. */
export function createCheckout(pool: Pool, publisher: Publisher): RequestHandler {
  return async (req, res) => {
    const { orderId, amount, card, customer } = checkoutOf(req.body);
    res.locals['orderId'] = orderId;
    const id = randomUUID();
    await pool.query(
      `INSERT INTO checkouts (id, order_id, amount, email, street, country, card_last4)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        id,
        orderId,
        amount,
        customer.email,
        customer.street,
        customer.country,
        card.number.slice(-4),
      ],
    );
    await publisher.publish({ checkoutId: id, orderId, customer });
    log.info('checkout requested');
    res.status(202).json({ id, orderId, state: 'requested' });
  };
}

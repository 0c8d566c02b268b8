import type { Pool } from 'pg';
import type { CheckoutRequested } from './message.ts';

/** Ships a checkout. Throws when the database refuses the shipment. */
export async function fulfil(
  pool: Pool,
  { checkoutId, customer }: CheckoutRequested,
): Promise<void> {
  await pool.query(
    'INSERT INTO shipments (checkout_id, email, street, country) VALUES ($1, $2, $3, $4)',
    [checkoutId, customer.email, customer.street, customer.country],
  );
  await pool.query(`UPDATE checkouts SET state = 'shipped' WHERE id = $1`, [checkoutId]);
  console.log('checkout shipped to', customer.email);
}

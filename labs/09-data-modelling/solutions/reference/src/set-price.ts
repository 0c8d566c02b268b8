import type { ClientBase } from 'pg';
import { NotFound } from './errors.ts';

/**
 * Ends the price of now and begins another, until the next scheduled one begins. Locks the product,
 * so that of two changes the second sees what the first did. Throws `NotFound`.
 */
export async function setPrice(client: ClientBase, id: number, cents: number): Promise<void> {
  const { rowCount } = await client.query(
    'SELECT FROM products WHERE id = $1 AND retired_at IS NULL FOR UPDATE',
    [id],
  );
  if (!rowCount) throw new NotFound('no such product');
  // As text: a Date has no microseconds.
  const { rows } = await client.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
  const now = rows[0]?.now;
  await client.query(
    `UPDATE prices SET valid_to = $2
      WHERE product_id = $1 AND tstzrange(valid_from, valid_to) @> $2::timestamptz`,
    [id, now],
  );
  await client.query(
    `INSERT INTO prices (product_id, cents, valid_from, valid_to)
     SELECT $1, $3, $2, min(valid_from) FROM prices WHERE product_id = $1 AND valid_from > $2`,
    [id, now, cents],
  );
}

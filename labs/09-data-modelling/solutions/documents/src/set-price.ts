import type { ClientBase } from 'pg';
import { NotFound } from './errors.ts';

/**
 * Begins another price now. It ends when the next one begins, so times without a price before that are
 * taken away. Throws `NotFound`.
 */
export async function setPrice(client: ClientBase, id: number, cents: number): Promise<void> {
  // Also the lock: of two changes, the second sees what the first did.
  const { rowCount } = await client.query(
    'UPDATE products SET price_version = price_version + 1 WHERE id = $1 AND on_sale',
    [id],
  );
  if (!rowCount) throw new NotFound('no such product');
  await client.query(
    `DELETE FROM price_changes AS gap
      WHERE product_id = $1 AND cents IS NULL AND since > clock_timestamp()
        AND NOT EXISTS (SELECT FROM price_changes AS next
                         WHERE next.product_id = $1 AND next.cents IS NOT NULL
                           AND next.since > clock_timestamp() AND next.since < gap.since)`,
    [id],
  );
  await client.query(
    'INSERT INTO price_changes (product_id, since, cents) VALUES ($1, clock_timestamp(), $2)',
    [id, cents],
  );
}

import type { Pool, PoolClient } from 'pg';

/**
 * Runs `work` in one transaction, on one connection. Commits when `work` is done. If `work` throws,
 * everything that it wrote is undone.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

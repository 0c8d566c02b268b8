import type { Pool, PoolClient } from 'pg';

/** Runs `work` in a transaction. When this rejects, nothing that it wrote is there. */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // A connection in the middle of a transaction is of no use to the next.
    client.release(true);
    throw error;
  }
}

import type { Pool, PoolClient } from 'pg';

/** Runs `work` in a transaction: commits when it is done, rolls back when it throws. */
export async function transaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  client.on('error', ignore);
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((reason: Error) => (broken = reason));
    throw error;
  } finally {
    client.off('error', ignore);
    // A connection on which not even a rollback works is not used again.
    client.release(broken);
  }
}

/** A broken connection fails its statement. Without a listener, it would also end the process. */
function ignore(): void {}

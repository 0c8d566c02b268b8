import { Pool, type PoolClient } from 'pg';
import type { Logger } from 'pino';

/** Connections to the database. Each opens when it is first needed. */
export function createPool(connectionString: string | undefined, log: Logger): Pool {
  if (!connectionString) throw new Error('DATABASE_URL is not set');
  const pool = new Pool({
    connectionString,
    max: 10,
    // A request fails rather than waits for a database that is gone.
    connectionTimeoutMillis: 5_000,
  });
  // Without a listener, an idle connection that breaks ends the process. The pool replaces it.
  pool.on('error', (error) => log.error({ err: error }, 'an idle connection broke'));
  return pool;
}

/** All of `work` or nothing of it. No call to anybody else belongs inside. */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  // The pool listens only while a connection is idle; one that breaks in here would end the process.
  client.on('error', ignore);
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.off('error', ignore);
    client.release();
    return result;
  } catch (error) {
    // Closed rather than rolled back: the connection itself may be what broke.
    client.release(true);
    throw error;
  }
}

/** The statement under way reports the same failure. */
function ignore(): void {}

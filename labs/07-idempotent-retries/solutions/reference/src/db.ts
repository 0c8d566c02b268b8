import { Pool, type PoolClient } from 'pg';
import type { Logger } from 'pino';

/** Connections to the payments database. They open when first needed. */
export function createPool(connectionString: string | undefined, log: Logger): Pool {
  if (!connectionString) throw new Error('DATABASE_URL is not set');
  const pool = new Pool({
    connectionString,
    max: 10,
    // Fail a request rather than let it queue behind a database that is gone.
    connectionTimeoutMillis: 5_000,
  });
  // An idle connection that breaks would end the process; the pool replaces it at the next query.
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

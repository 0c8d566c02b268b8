import { Pool } from 'pg';
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

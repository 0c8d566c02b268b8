import { Pool } from 'pg';
import type { Logger } from 'pino';

/** Connections to the orders database. They open when first needed. */
export function createPool(connectionString: string | undefined, log: Logger): Pool {
  if (!connectionString) throw new Error('DATABASE_URL is not set');
  const pool = new Pool({
    connectionString,
    max: 10,
    // Plans for the values at hand: a generic one would not use the partial index.
    options: '-c plan_cache_mode=auto',
    // Fail a request rather than let it queue behind a database that is gone.
    connectionTimeoutMillis: 5_000,
  });
  // An idle connection that breaks would end the process; the pool replaces it at the next query.
  pool.on('error', (error) => log.error({ err: error }, 'an idle connection broke'));
  return pool;
}

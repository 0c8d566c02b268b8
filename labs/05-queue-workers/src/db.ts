import { Pool } from 'pg';
import { log } from './log.ts';

/** Connections to the media database. They open when first needed. */
export const pool = new Pool({
  connectionString: process.env['DATABASE_URL'],
  max: 10,
  // Fail rather than queue behind a database that is gone.
  connectionTimeoutMillis: 5_000,
});

// An idle connection that breaks would end the process; the pool replaces it at the next query.
pool.on('error', (error) => log.error({ err: error }, 'an idle connection broke'));

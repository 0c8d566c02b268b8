import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { settleIndexes } from './indexes.ts';

const DIR = join(import.meta.dirname, '../migrations');

/** Runs the migrations that this database does not have yet, in the order of their names. */
async function migrate(client: Client): Promise<void> {
  await client.query('BEGIN');
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       name text PRIMARY KEY,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
  const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migrations');
  const applied = new Set(rows.map(({ name }) => name));
  const names = (await readdir(DIR)).filter((name) => name.endsWith('.sql')).toSorted();
  for (const name of names) {
    if (applied.has(name)) continue;
    await client.query(await readFile(join(DIR, name), 'utf8'));
    await client.query('INSERT INTO schema_migrations (name) VALUES ($1)', [name]);
    console.log(`applied ${name}`);
  }
  await client.query('COMMIT');
}

/** Any number that nobody else takes. */
const LOCK = 412;

/**
 * Two deploys may migrate at once: the second goes on when the first has ended, and finds its work
 * done. It asks again and again, because a statement that waited for the lock would keep a snapshot,
 * and the first's CREATE INDEX CONCURRENTLY waits for those: each would wait for the other.
 */
async function untilAlone(client: Client): Promise<void> {
  const ask = 'SELECT pg_try_advisory_lock($1) AS alone';
  for (;;) {
    const { rows } = await client.query<{ alone: boolean }>(ask, [LOCK]);
    if (rows[0]?.alone === true) return;
    await sleep(200);
  }
}

const client = new Client({ connectionString: process.env['DATABASE_URL'] });
await client.connect();
try {
  await untilAlone(client);
  await migrate(client);
  // Not a migration: it cannot run in a transaction, and it may find any state.
  await settleIndexes(client);
} finally {
  await client.end();
}

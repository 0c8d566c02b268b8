import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const DIR = join(import.meta.dirname, '../migrations');

/** First line of a file with statements that refuse to run in a transaction. */
const NO_TRANSACTION = '-- no transaction';

/**
 * Runs the migrations that this database does not have yet, in the order of their names, each in a
 * transaction of its own. One without a transaction goes statement by statement and is recorded at
 * its end, so that it must stand being run again from the start.
 */
async function migrate(client: Client): Promise<void> {
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
    const sql = await readFile(join(DIR, name), 'utf8');
    if (sql.startsWith(NO_TRANSACTION)) await inSteps(client, name, sql);
    else await inTransaction(client, name, sql);
    console.log(`applied ${name}`);
  }
}

const record = (client: Client, name: string) =>
  client.query('INSERT INTO schema_migrations (name) VALUES ($1)', [name]);

async function inTransaction(client: Client, name: string, sql: string): Promise<void> {
  await client.query('BEGIN');
  await client.query(sql);
  await record(client, name);
  await client.query('COMMIT');
}

/** Statements sent together would share a transaction, so each is sent alone. */
async function inSteps(client: Client, name: string, sql: string): Promise<void> {
  const statements = sql.split(/;\s*$/m).filter((statement) => statement.trim() !== '');
  for (const statement of statements) await client.query(statement);
  await record(client, name);
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
} finally {
  await client.end();
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

const DIR = join(import.meta.dirname, '../migrations');

/**
 * Runs the migrations that this database does not have yet, in the order of their names; each in a
 * transaction of its own. The caller holds the lock.
 */
async function migrate(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migrations');
  const applied = new Set(rows.map(({ name }) => name));
  const names = (await readdir(DIR)).filter((name) => name.endsWith('.sql')).toSorted();
  for (const name of names.filter((candidate) => !applied.has(candidate))) {
    await client.query('BEGIN');
    await client.query(await readFile(join(DIR, name), 'utf8'));
    await client.query('INSERT INTO schema_migrations (name) VALUES ($1)', [name]);
    await client.query('COMMIT');
    console.log(`applied ${name}`);
  }
}

const client = new Client({ connectionString: process.env['DATABASE_URL'] });
await client.connect();
try {
  // Of the session: it ends with the connection, even if this process is killed.
  await client.query("SELECT pg_advisory_lock(hashtext('labels-api migrations'))");
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       name text PRIMARY KEY,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
  await migrate(client);
} finally {
  await client.end();
}

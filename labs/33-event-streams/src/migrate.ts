import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

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

const client = new Client({ connectionString: process.env['DATABASE_URL'] });
await client.connect();
try {
  await migrate(client);
} finally {
  await client.end();
}

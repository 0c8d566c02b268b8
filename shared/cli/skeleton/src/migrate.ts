import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';

const folder = new URL('../migrations/', import.meta.url);
const client = new pg.Client({ connectionString: process.env['DATABASE_URL'] });

await client.connect();
for (const name of readdirSync(folder).toSorted()) {
  await client.query(readFileSync(new URL(name, folder), 'utf8'));
}
await client.end();

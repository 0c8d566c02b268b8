// template.ts ADDRESSES LAB DATA_DIR: makes a snapshot whose build leaves one row, prints its name.
import { Client } from 'pg';
import { connectStack } from '../../src/index.ts';

const [json = '{}', lab = '', dataDir = ''] = process.argv.slice(2);
await using stack = connectStack(JSON.parse(json));
const request = { lab, servers: ['postgres'], dataDir } as const;
let built = 0;
const postgres = await stack.of('postgres');
const name = await postgres.template(request, `${lab}/row:1`, async ({ url }) => {
  built += 1;
  const client = new Client(url);
  await client.connect();
  await client.query('CREATE TABLE mark AS SELECT 1 AS n');
  await client.end();
});
process.stdout.write(JSON.stringify({ name, built }));

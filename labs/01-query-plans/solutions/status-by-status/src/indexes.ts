import type { Client } from 'pg';

interface Wanted {
  readonly name: string;
  readonly on: string;
}

/** What `orders` must have besides its primary key. Change one by giving it another name. */
const WANTED: readonly Wanted[] = [
  {
    name: 'orders_run_of_status',
    on: '(tenant_id, status, placed_at, id) INCLUDE (total_cents)',
  },
  { name: 'orders_email_hash', on: 'USING hash (lower(email))' },
  { name: 'orders_queue', on: '(status, placed_at, id)' },
];

/**
 * Makes the indexes of `orders` be as wanted, whatever state they are in, without keeping anybody
 * from writing. What is there and valid is left alone.
 */
export async function settleIndexes(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `SELECT c.relname AS name, i.indisvalid AS valid
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indrelid = 'orders'::regclass`,
  );
  const found = new Map(rows.map(({ name, valid }) => [name, valid]));
  for (const { name, on } of WANTED) {
    if (found.get(name) === true) continue;
    if (found.has(name)) await client.query(`DROP INDEX CONCURRENTLY ${name}`);
    await client.query(`CREATE INDEX CONCURRENTLY ${name} ON orders ${on}`);
    console.log(`built ${name}`);
  }
}

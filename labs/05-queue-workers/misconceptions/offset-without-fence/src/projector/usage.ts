import type { Pool, PoolClient } from 'pg';
import type { PlanChanged, Stored } from './event.ts';
import type { Ready } from './read-batch.ts';

/** Offset of the next event to apply. What lies below was applied before. */
export async function nextOffset(pool: Pool, partition: number): Promise<bigint> {
  const { rows } = await pool.query<{ next_offset: string }>(
    'SELECT next_offset FROM projected_offsets WHERE partition = $1',
    [partition],
  );
  return BigInt(rows[0]?.next_offset ?? 0);
}

/** Applies the events of a batch and moves the partition's offset to `next`, in one transaction. */
export async function applyAll(
  pool: Pool,
  partition: number,
  events: readonly Ready[],
  next: bigint,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (const ready of events) await apply(client, ready);
    await moveOffset(client, partition, next);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function moveOffset(client: PoolClient, partition: number, next: bigint): Promise<void> {
  await client.query(
    `INSERT INTO projected_offsets (partition, next_offset) VALUES ($1, $2)
     ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset`,
    [partition, next],
  );
}

async function apply(client: PoolClient, { event, bytes }: Ready): Promise<void> {
  if (event.type === 'plan.changed') await changePlan(client, event);
  else await addUsage(client, event, bytes);
}

/** Bills the bytes under the plan that the account has now, for the day (UTC) of the event. */
async function addUsage(client: PoolClient, { accountId, at }: Stored, bytes: number) {
  await client.query(
    `INSERT INTO usage (account_id, day, plan, bytes)
     VALUES ($1, $2,
             coalesce((SELECT plan FROM account_plans WHERE account_id = $1), 'free'), $3)
     ON CONFLICT (account_id, day, plan) DO UPDATE SET bytes = usage.bytes + excluded.bytes`,
    [accountId, at.slice(0, 10), bytes],
  );
}

async function changePlan(client: PoolClient, { accountId, plan }: PlanChanged) {
  await client.query(
    `INSERT INTO account_plans (account_id, plan) VALUES ($1, $2)
     ON CONFLICT (account_id) DO UPDATE SET plan = excluded.plan`,
    [accountId, plan],
  );
}

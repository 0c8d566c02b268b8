import type { Pool, PoolClient } from 'pg';
import type { PlanChanged, Stored } from './event.ts';
import type { Ready } from './read-batch.ts';

/**
 * Applies the events of a batch and moves the partition's offset up to `next`, all in one
 * transaction. Events below the offset were applied before, by this instance or another.
 */
export async function applyFrom(
  pool: Pool,
  partition: number,
  events: readonly Ready[],
  next: bigint,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const applied = await lockOffset(client, partition);
    for (const ready of events) if (ready.offset >= applied) await apply(client, ready);
    if (next > applied) await moveOffset(client, partition, next);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

/** Offset of the next event to apply. Nobody else applies events of the partition until we are done. */
async function lockOffset(client: PoolClient, partition: number): Promise<bigint> {
  const { rows } = await client.query<{ next_offset: string }>(
    `INSERT INTO projected_offsets (partition, next_offset) VALUES ($1, 0)
     ON CONFLICT (partition) DO UPDATE SET partition = excluded.partition
     RETURNING next_offset`,
    [partition],
  );
  return BigInt(rows[0]?.next_offset ?? 0);
}

async function moveOffset(client: PoolClient, partition: number, next: bigint): Promise<void> {
  await client.query('UPDATE projected_offsets SET next_offset = $2 WHERE partition = $1', [
    partition,
    next,
  ]);
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

import type { Pool, PoolClient } from 'pg';
import type { AccountEvent, PlanChanged, Stored } from './event.ts';

/**
 * Applies an event, once: whether it was applied is written where its effect is, in the same
 * transaction. `bytes` is the size of what was stored, for an event of that type.
 */
export async function applyOnce(pool: Pool, event: AccountEvent, bytes: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // A second one with this id waits here until the first has committed, and then finds it.
    const { rowCount } = await client.query(
      'INSERT INTO applied_events (id) VALUES ($1) ON CONFLICT DO NOTHING',
      [event.id],
    );
    if (rowCount === 1) await apply(client, event, bytes);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function apply(client: PoolClient, event: AccountEvent, bytes: number): Promise<void> {
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

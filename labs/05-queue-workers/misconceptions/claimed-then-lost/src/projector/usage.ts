import type { Pool, PoolClient } from 'pg';
import type { MediaEvent, PlanChanged, Stored } from './event.ts';

/** Whether the event is ours to apply: only the first who asks gets a yes. */
export async function claim(pool: Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'INSERT INTO applied_events (id) VALUES ($1) ON CONFLICT DO NOTHING',
    [id],
  );
  return rowCount === 1;
}

/** Gives the claim back when `work` fails, so that the event can be tried again. */
export async function orRelease(pool: Pool, id: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await pool.query('DELETE FROM applied_events WHERE id = $1', [id]);
    throw error;
  }
}

/**
 * Applies an event in one transaction. `bytes` is the size of what was stored, for an event of that type.
 */
export async function applyEvent(pool: Pool, event: MediaEvent, bytes: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await apply(client, event, bytes);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function apply(client: PoolClient, event: MediaEvent, bytes: number): Promise<void> {
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

import type { Pool, PoolClient } from 'pg';
import type { MediaEvent, PlanChanged, Stored } from './event.ts';

/**
 * Applies an event in one transaction, unless it was applied before. `bytes` is the size of what was
 * stored, for an event of that type.
 */
export async function applyOnce(pool: Pool, event: MediaEvent, bytes: number): Promise<void> {
  if (await wasApplied(pool, event.id)) return;
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
  // Only now: an event that failed is not to be passed over when it comes again.
  await pool.query('INSERT INTO applied_events (id) VALUES ($1) ON CONFLICT DO NOTHING', [
    event.id,
  ]);
}

async function wasApplied(pool: Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query('SELECT FROM applied_events WHERE id = $1', [id]);
  return rowCount === 1;
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

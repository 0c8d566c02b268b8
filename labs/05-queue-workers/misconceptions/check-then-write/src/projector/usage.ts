import type { Pool, PoolClient } from 'pg';
import type { MediaEvent, PlanChanged, Stored } from './event.ts';

export async function isApplied(pool: Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query('SELECT FROM applied_events WHERE id = $1', [id]);
  return rowCount === 1;
}

/**
 * Applies an event and notes its id, in one transaction. `bytes` is the size of what was stored, for an event of that type.
 */
export async function applyEvent(pool: Pool, event: MediaEvent, bytes: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('INSERT INTO applied_events (id) VALUES ($1) ON CONFLICT DO NOTHING', [
      event.id,
    ]);
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

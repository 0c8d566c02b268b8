import type { Pool } from 'pg';
import type { PlanChanged, Stored } from './event.ts';

/** Bills the bytes under the plan that the account has now, for the day (UTC) of the event. */
export async function addUsage(
  pool: Pool,
  { accountId, at }: Stored,
  bytes: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO usage (account_id, day, plan, bytes)
     VALUES ($1, $2,
             coalesce((SELECT plan FROM account_plans WHERE account_id = $1), 'free'), $3)
     ON CONFLICT (account_id, day, plan) DO UPDATE SET bytes = usage.bytes + excluded.bytes`,
    [accountId, at.slice(0, 10), bytes],
  );
}

export async function changePlan(pool: Pool, { accountId, plan }: PlanChanged): Promise<void> {
  await pool.query(
    `INSERT INTO account_plans (account_id, plan) VALUES ($1, $2)
     ON CONFLICT (account_id) DO UPDATE SET plan = excluded.plan`,
    [accountId, plan],
  );
}

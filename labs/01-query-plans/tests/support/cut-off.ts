import {
  eventually,
  PgSession,
  type RunContext,
  runScript,
  type ScriptResult,
} from '@backend-labs/testkit';
import type { FewOrders } from './few-orders.ts';
import { pidOf } from './runs.ts';

/**
 * Runs the migrations and breaks the run's connection while it waits for an open transaction, as every
 * concurrent build of an index does at its end. A run that waits for none is not cut off.
 */
export async function cutOffRun(run: RunContext, lease: FewOrders): Promise<ScriptResult> {
  const { adminUrl } = lease.postgres;
  await using session = await PgSession.open(adminUrl);
  // A snapshot that is older than the index: a concurrent build waits for it, at the end.
  await using reader = await PgSession.open(adminUrl);
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const pid = await pidOf(reader);
  let ended = false;
  const cutOff = runScript('migrate', { run, lease }).finally(() => (ended = true));
  // Awaited below: without this, an early failure would end the process.
  cutOff.catch(() => {});
  await eventually('npm run migrate to end, or to wait for an open transaction', async () => {
    const cut = await session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND $1 = ANY (pg_blocking_pids(pid))`,
      [pid],
    );
    return ended || cut.length > 0;
  });
  await reader.query('ROLLBACK');
  return await cutOff;
}

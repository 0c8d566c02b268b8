import { join } from 'node:path';
import type { RunContext } from '@backend-labs/protocol';
import type { Lease, LeaseRequest, Stack } from '@backend-labs/stack';
import { migrate } from '../service/script.ts';
import { aheadOf } from './ahead.ts';
import { migrationKey } from './migration-key.ts';

/** What the lab of a run leases: the servers that it names, and a database with its data. */
function requestOf({ lab, labDir, leases }: RunContext): LeaseRequest {
  return { lab, servers: leases, dataDir: join(labDir, 'data'), endIdleTransactions: true };
}

/** A database as the lab's data has it: the target's migrations have not run. */
export function leaseUnmigrated(run: RunContext, stack: Stack): Promise<Lease> {
  return stack.lease({ ...requestOf(run), servers: ['postgres'] });
}

/**
 * A lease with the target's migrations done. They run once for each content of the target's
 * migrations, in whatever process asks first; each lease then is a copy of the result. If the run has
 * another one ahead, the worker may have it ready.
 * Throws `MIGRATION_FAILED` when they fail.
 */
export async function leaseMigrated(run: RunContext, stack: Stack): Promise<Lease> {
  const request = requestOf(run);
  if (!run.leases.includes('postgres')) return stack.lease(request);
  const key = await migrationKey(run.target);
  if (key === undefined) return stack.lease(request);
  const ahead = aheadOf(run);
  const postgres = await (ahead?.stack ?? stack).of('postgres');
  const from = await postgres.template(request, run.templates + key, async ({ url }) => {
    await migrate({ run, lease: { env: { DATABASE_URL: url } } });
  });
  return (ahead ?? stack).lease({ ...request, from });
}

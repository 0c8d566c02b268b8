import type { RunContext } from '@backend-labs/protocol';
import { connectStack, type Lease } from '@backend-labs/stack';
import { test as base } from 'vitest';
import { PostgresProbe, type PostgresProbeOptions } from '../../src/postgres/probe.ts';
import { Service } from '../../src/service/service.ts';
import { leaseMigrated } from '../../src/target/lease.ts';
import { toyRun } from './stack.ts';

/** A test with the toy on a real Postgres. */
export const test = base
  .extend('run', { scope: 'file' }, () => toyRun('postgres'))
  .extend('lease', { scope: 'file' }, async ({ run }, { onCleanup }) => {
    const stack = connectStack(run.servers);
    onCleanup(() => stack[Symbol.asyncDispose]());
    return leaseMigrated(run, stack);
  })
  .extend('definition', { scope: 'file' }, ({ run, lease }) => new Service({ run, lease }))
  .extend('service', { scope: 'file' }, async ({ definition }, { onCleanup }) => {
    const service = await definition.start();
    onCleanup(() => service[Symbol.asyncDispose]());
    return service;
  })
  .extend('postgres', { scope: 'file' }, async ({ run, lease, definition }, { onCleanup }) => {
    const probe = await PostgresProbe.open(probeOptions(run, lease, definition));
    onCleanup(() => probe[Symbol.asyncDispose]());
    return probe;
  });

/** For a probe of the test's own. */
export function probeOptions(
  run: RunContext,
  lease: Lease,
  service: Service,
): PostgresProbeOptions {
  const { postgres: server } = run.servers;
  if (!server || !lease.postgres) throw new TypeError('no postgres in the lease');
  return { lease: lease.postgres, server, service };
}

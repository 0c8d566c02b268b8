import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectStack, stackDown } from '@backend-labs/stack';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PostgresProbe } from '../src/postgres/probe.ts';
import { Service } from '../src/service/service.ts';
import { leaseMigrated } from '../src/target/lease.ts';
import { toyRun } from './support/stack.ts';

let stateDir = '';

// A Postgres of the test's own: what a server forgets, it forgets for all its databases.
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'labs-test-'));
  vi.stubEnv('LABS_STATE', stateDir);
  vi.stubEnv('LABS_STACK', 'native');
  vi.stubEnv('LABS_POSTGRES_URL', undefined);
});
afterEach(async () => {
  await stackDown({ stateDir });
  vi.unstubAllEnvs();
  await rm(stateDir, { recursive: true, force: true });
});

/** Statements that are all different once their constants are `$1`, `$2`, …: the bits of a number. */
const different = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const bits = n.toString(2).padStart(20, '0');
    return `SELECT ${bits.replaceAll('0', '1 - ').replaceAll(/1(?! -)/gu, '1 + ')} 1`;
  });

test('where Postgres had no room for all statements, no count is told', async () => {
  const run = await toyRun('postgres');
  await using stack = connectStack(run.servers);
  const lease = await leaseMigrated(run, stack);
  await using probe = await PostgresProbe.of(run, lease, new Service({ run, lease }));
  await using session = await probe.session('service');
  const [room] = await session.query<{ most: number }>(
    `SELECT current_setting('pg_stat_statements.max')::int AS most`,
  );
  const most = room?.most ?? 0;
  expect(most).toBeGreaterThan(0);

  const some = await probe.measure(() => session.query(different(100).join(';')));
  expect(some.statements).toHaveLength(100);
  const tooMany = probe.measure(() => session.query(different(most + 1).join(';')));
  await expect(tooMany).rejects.toMatchObject({ code: 'COUNT_LOST' });
});

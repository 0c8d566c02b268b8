import type { LeaseRequest } from '@backend-labs/stack';
import { expect, test } from 'vitest';
import { PgSession } from '../src/postgres/session.ts';
import { Ahead } from '../src/target/ahead.ts';
import { eventually } from '../src/wait/eventually.ts';
import { toyRun } from './support/stack.ts';

const LAB = '96-ahead-toy';

test('a lease that was made ahead is the one that is taken, and none is left behind', async () => {
  const { servers } = await toyRun('postgres');
  await using admin = await PgSession.open(servers['postgres']?.url ?? '');
  const databases = async (): Promise<string[]> => {
    const rows = await admin.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE starts_with(datname, 'lease_96_ahead_toy')`,
    );
    return rows.map(({ datname }) => datname);
  };
  const ahead = new Ahead(servers);
  const request: LeaseRequest = { lab: LAB, servers: ['postgres'] };
  const postgres = await ahead.stack.of('postgres');
  const from = await postgres.template(request, 'ahead', async () => {});
  const other = await postgres.template(request, 'other', async () => {});

  const first = await ahead.lease({ ...request, from });
  await first[Symbol.asyncDispose]();
  expect(await databases()).toEqual([]);
  ahead.prepare();
  ahead.prepare();
  const second = await ahead.lease({ ...request, from });
  expect(second.id).not.toBe(first.id);
  expect(await databases()).toEqual([second.postgres?.database]);
  await second[Symbol.asyncDispose]();

  // Another template is wanted: what is ready is given back.
  ahead.prepare();
  const third = await ahead.lease({ ...request, from: other });
  expect(await databases()).toEqual([third.postgres?.database]);
  await third[Symbol.asyncDispose]();

  // It is gone when it is wanted.
  ahead.prepare();
  const [gone = ''] = await eventually('the lease', async () => {
    const all = await databases();
    return all.length > 0 && all;
  });
  await eventually('the drop', async () => {
    await admin.query(`DROP DATABASE IF EXISTS "${gone}" WITH (FORCE)`);
    return (await databases()).length === 0;
  });
  const fourth = await ahead.lease({ ...request, from: other });
  expect(fourth.postgres?.database).not.toBe(gone);
  expect(await databases()).toEqual([fourth.postgres?.database]);
  await fourth[Symbol.asyncDispose]();

  ahead.prepare();
  await ahead[Symbol.asyncDispose]();
  expect(await databases()).toEqual([]);
});

test('nothing is kept ready of a lab with a server besides Postgres', async () => {
  const { servers } = await toyRun('postgres', 'redis');
  await using ahead = new Ahead(servers);
  const request = { lab: LAB, servers: ['postgres', 'redis'] };
  const from = await (await ahead.stack.of('postgres')).template(request, 'ahead', async () => {});
  const first = await ahead.lease({ ...request, from });
  ahead.prepare();
  await first[Symbol.asyncDispose]();
  await using second = await ahead.lease({ ...request, from });
  expect(second.redis?.url).toBeDefined();
});

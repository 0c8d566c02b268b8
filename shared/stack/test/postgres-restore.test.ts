import { appendFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStack, stackDown } from '../src/index.ts';
import { rows } from './support/postgres.ts';
import { type Sandbox, sandbox } from './support/sandbox.ts';

async function start(box: Sandbox): Promise<string> {
  const { servers, missing } = await openStack(['postgres'], box.options);
  expect(missing).toEqual([]);
  return servers.postgres?.url ?? '';
}

async function dataDir(box: Sandbox): Promise<string> {
  return (await box.record('postgres')).dataDir ?? '';
}

test('what a learner who became administrator left behind is undone at the next start', async () => {
  await using box = await sandbox();
  const url = await start(box);
  await rows(url, 'CREATE TABLE kept AS SELECT 7 AS n');
  await rows(url, `ALTER SYSTEM SET statement_timeout = '1ms'`);
  await rows(url, `ALTER SYSTEM SET listen_addresses = '*'`);
  await rows(url, `CREATE ROLE lab_me LOGIN SUPERUSER PASSWORD 'x'`);
  await rows(url, `GRANT pg_execute_server_program, pg_read_all_stats TO lab_me`);
  await rows(
    url,
    `ALTER DATABASE postgres SET default_transaction_read_only = on;
     ALTER ROLE ALL SET search_path = nowhere;
     ALTER ROLE postgres CONNECTION LIMIT 0 PASSWORD 'mine'`,
  );
  await appendFile(join(await dataDir(box), 'pg_hba.conf'), 'host all all 0.0.0.0/0 trust\n');
  await stackDown(box.options);

  const again = await start(box);
  expect(new URL(again).password).toBe(new URL(url).password);
  expect(await rows(again, 'SELECT n FROM public.kept')).toEqual([{ n: 7 }]);
  expect(await rows(again, 'CREATE TABLE new AS SELECT 1')).toEqual([]);
  expect(
    await rows(
      again,
      `SELECT current_setting('statement_timeout') AS s, rolsuper FROM pg_roles
       WHERE rolname = 'lab_me'`,
    ),
  ).toEqual([{ s: '0', rolsuper: false }]);
  expect(
    await rows(
      again,
      `SELECT roleid::regrole::text AS role FROM pg_auth_members
       WHERE member = 'lab_me'::regrole`,
    ),
  ).toEqual([{ role: 'pg_read_all_stats' }]);
  await expect(rows(again.replace(/:[^:@]+@/u, ':wrong@'), 'SELECT 1')).rejects.toThrow(
    /password/u,
  );
});

test('sound data stays, whatever else keeps the server from starting', async () => {
  await using box = await sandbox();
  await rows(await start(box), 'CREATE TABLE kept AS SELECT 7 AS n');
  const dir = await dataDir(box);
  await stackDown(box.options);
  // A directory where Postgres wants to write a file: it ends at once, and its data is as it was.
  await rm(join(dir, 'postmaster.opts'));
  await writeFile(join(dir, 'standby.signal'), '');
  await writeFile(join(dir, 'recovery.signal'), '');
  const { missing } = await openStack(['postgres'], box.options);
  expect(missing[0]?.fix).toBe('run `npm run labs -- stack logs postgres`');
  expect(box.progress.join('\n')).not.toContain('new data');
  await rm(join(dir, 'standby.signal'));
  await rm(join(dir, 'recovery.signal'));
  expect(await rows(await start(box), 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

test('a lost password file does not cost the data', async () => {
  await using box = await sandbox();
  await rows(await start(box), 'CREATE TABLE kept AS SELECT 7 AS n');
  await stackDown(box.options);
  await rm(join(box.stateDir, 'servers/postgres/secret'));
  expect(await rows(await start(box), 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

test('damaged data is kept beside the new, each time', async () => {
  await using box = await sandbox();
  for (const times of [1, 2]) {
    await start(box);
    const dir = await dataDir(box);
    await stackDown(box.options);
    await rm(join(dir, 'global'), { recursive: true });
    await start(box);
    const beside = await readdir(join(dir, '..'));
    expect(beside.filter((name) => name.includes('.old'))).toHaveLength(times);
    await stackDown(box.options);
  }
  expect(box.progress.join('\n')).toMatch(/starting with new data, the old is in .*data\.old/u);
});

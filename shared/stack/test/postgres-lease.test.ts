import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectStack, openStack } from '../src/index.ts';
import { Admin } from '../src/servers/postgres/admin.ts';
import type { PostgresTools } from '../src/servers/postgres/types.ts';
import type { LeaseRequest, ServerAddress, Stack } from '../src/types.ts';
import { inProcess } from './support/sandbox.ts';
import { rows } from './support/postgres.ts';

// A lab of this run's own: the server is shared with whatever else runs.
const lab = `99-stack-test-${process.pid}`;
let postgres: ServerAddress;
let stack: Stack;
let tools: PostgresTools;
let dataDir: string;
let request: LeaseRequest;

beforeAll(async () => {
  const opened = await openStack(['postgres']);
  if (opened.servers.postgres === undefined) throw new TypeError('postgres did not open');
  ({ postgres } = opened.servers);
  stack = connectStack({ postgres });
  tools = await stack.of('postgres');
  dataDir = await mkdtemp(join(tmpdir(), 'labs-data-'));
  request = { lab, servers: ['postgres'], dataDir };
  await writeFile(join(dataDir, '1-schema.sql'), 'CREATE TABLE item (id int PRIMARY KEY)');
  await writeFile(join(dataDir, '2-seed.sql'), 'INSERT INTO item SELECT generate_series(1, 10)');
  await writeFile(join(dataDir, '3-more.admin.sql'), 'CREATE EXTENSION pgcrypto');
});

afterAll(async () => {
  await tools.dropTemplates(`${lab}/`);
  await stack[Symbol.asyncDispose]();
  const left = await rows(
    postgres.url,
    `SELECT datname FROM pg_database WHERE datname LIKE '%99_stack_test_${process.pid}%'`,
  );
  for (const { datname } of left) {
    await rows(postgres.url, `ALTER DATABASE "${String(datname)}" IS_TEMPLATE false`);
    await rows(postgres.url, `DROP DATABASE "${String(datname)}" WITH (FORCE)`);
  }
  await rm(dataDir, { recursive: true });
});

test('two processes may drop the same role', async () => {
  await using one = new Admin(postgres);
  await using two = new Admin(postgres);
  const role = `lease_99_stack_test_${process.pid}_twice`;
  for (let turn = 0; turn < 40; turn++) {
    await one.ensureRole(role);
    await Promise.all([one, one, two, two].map((admin) => admin.dropRole(role)));
  }
  const left = await rows(postgres.url, `SELECT 1 FROM pg_roles WHERE rolname = '${role}'`);
  expect(left).toEqual([]);
});

test('a lease is a database of its own, with the data of the lab', async () => {
  await using one = await stack.lease(request);
  await using two = await stack.lease(request);
  const url = one.env['DATABASE_URL'] ?? '';
  await rows(url, 'DELETE FROM item');
  expect(await rows(url, 'SELECT count(*)::int AS n FROM item')).toEqual([{ n: 0 }]);
  const other = two.postgres?.url ?? '';
  expect(await rows(other, 'SELECT count(*)::int AS n FROM item')).toEqual([{ n: 10 }]);
});

test('the role has the rights of the owner, may create tables, and is not a superuser', async () => {
  await using lease = await stack.lease(request);
  const url = lease.postgres?.url ?? '';
  await rows(url, 'CREATE TABLE more (id int)');
  const [role] = await rows(
    url,
    `SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user`,
  );
  expect(role).toEqual({ rolsuper: false, rolcreatedb: false, rolcreaterole: false });
  const [owned] = await rows(
    url,
    `SELECT bool_and(pg_has_role(tableowner, 'USAGE')) AS all, count(*)::int AS tables
     FROM pg_tables WHERE schemaname = 'public'`,
  );
  expect(owned).toEqual({ all: true, tables: 2 });
});

describe('a service with a lease', () => {
  const denied = { code: '42501' };

  test('does not get into the database of another lease of the same lab', async () => {
    await using one = await stack.lease(request);
    await using two = await stack.lease(request);
    const foreign = new URL(one.postgres?.url ?? '');
    foreign.pathname = `/${two.postgres?.database}`;
    await expect(rows(foreign.href, 'SELECT 1')).rejects.toMatchObject(denied);
    const url = one.postgres?.url ?? '';
    const drop = `DROP DATABASE "${two.postgres?.database}" WITH (FORCE)`;
    await expect(rows(url, drop)).rejects.toMatchObject(denied);
  });

  test('cannot open the template that later leases are cloned from', async () => {
    await using lease = await stack.lease(request);
    const url = lease.postgres?.url ?? '';
    const templates = await rows(
      url,
      `SELECT datname FROM pg_database WHERE datname ~ '^(tpl|snap)_.*99_stack_test_${process.pid}'`,
    );
    expect(templates.length).toBeGreaterThan(0);
    for (const { datname } of templates) {
      const open = `ALTER DATABASE "${String(datname)}" ALLOW_CONNECTIONS true`;
      await expect(rows(url, open)).rejects.toMatchObject(denied);
    }
  });

  test('cannot change the password that later leases log in with', async () => {
    {
      await using lease = await stack.lease(request);
      const url = lease.postgres?.url ?? '';
      const role = `lab_${lab.replaceAll('-', '_')}`;
      await expect(rows(url, `SET ROLE "${role}"`)).rejects.toMatchObject(denied);
      await rows(url, `ALTER ROLE CURRENT_USER PASSWORD 'mine'`);
      await expect(rows(lease.postgres?.adminUrl ?? '', 'SELECT 1')).resolves.toHaveLength(1);
    }
    await using next = await stack.lease(request);
    expect(await rows(next.postgres?.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('may change and drop what the template holds', async () => {
    await using lease = await stack.lease(request);
    const url = lease.postgres?.url ?? '';
    await rows(url, 'ALTER TABLE item ADD COLUMN name text');
    await rows(url, 'CREATE INDEX ON item (name)');
    await rows(url, 'DROP TABLE item');
    expect(await rows(url, `SELECT to_regclass('item') AS item`)).toEqual([{ item: null }]);
  });

  test('leaves no role behind', async () => {
    const lease = await stack.lease(request);
    const role = lease.postgres?.role ?? '';
    await lease[Symbol.asyncDispose]();
    expect(await rows(postgres.url, `SELECT 1 FROM pg_roles WHERE rolname = '${role}'`)).toEqual(
      [],
    );
  });
});

test("the role keeps settings from the lab's data, and none from an earlier run", async () => {
  const dir = await mkdtemp(join(tmpdir(), 'labs-data-'));
  const role = `lab_${lab.replaceAll('-', '_')}`;
  const setting = `EXECUTE format('ALTER ROLE ${role} IN DATABASE %I SET search_path = a, b', current_database());`;
  await writeFile(join(dir, '1.admin.sql'), `DO $$ BEGIN ${setting} END $$`);
  const shown = `SELECT current_setting('search_path') AS path, current_setting('work_mem') AS mem`;
  const before = { path: 'a, b', mem: '4MB' };
  const own: LeaseRequest = { ...request, dataDir: dir };
  {
    const from = await tools.template(own, `${lab}/settings`, async ({ url }) => {
      await rows(url, `ALTER ROLE CURRENT_USER SET search_path = c`);
      await rows(url, `ALTER ROLE CURRENT_USER SET enable_sort = off`);
    });
    await using lease = await stack.lease({ ...own, from });
    expect(await rows(lease.postgres?.url ?? '', shown)).toEqual([before]);
  }
  await using lease = await stack.lease(own);
  const url = lease.postgres?.url ?? '';
  expect(await rows(url, shown)).toEqual([before]);
  expect(await rows(url, 'SHOW enable_sort')).toEqual([{ enable_sort: 'on' }]);
  await rm(dir, { recursive: true });
});

test('a dropped database leaves no statements in pg_stat_statements', async () => {
  const lease = await stack.lease(request);
  await rows(lease.postgres?.url ?? '', 'SELECT count(*) FROM item');
  const name = lease.postgres?.database ?? '';
  const [{ oid } = {}] = await rows(
    postgres.url,
    `SELECT oid FROM pg_database WHERE datname = '${name}'`,
  );
  const counted = `SELECT count(*)::int AS n FROM pg_stat_statements WHERE dbid = ${String(oid)}`;
  expect(await rows(postgres.url, counted)).not.toEqual([{ n: 0 }]);
  await lease[Symbol.asyncDispose]();
  expect(await rows(postgres.url, counted)).toEqual([{ n: 0 }]);
  // Nor do the administrator's own statements stay, which name the database.
  const named = `SELECT query FROM pg_stat_statements WHERE query ~ '${name}' AND query !~ 'pg_'`;
  expect(await rows(postgres.url, named)).toEqual([]);
});

test('the planner is pinned in every clone', async () => {
  await using lease = await stack.lease(request);
  const [settings] = await rows(
    lease.postgres?.url ?? '',
    `SELECT current_setting('random_page_cost') AS cost, current_setting('jit') AS jit,
            current_setting('max_parallel_workers_per_gather') AS workers`,
  );
  expect(settings).toEqual({ cost: '1.1', jit: 'off', workers: '0' });
});

test('a service may have 60 sessions in its database, and the administrator one more', async () => {
  await using lease = await stack.lease(request);
  const { url = '', adminUrl = '', database = '' } = lease.postgres ?? {};
  await using held = new AsyncDisposableStack();
  const open = async (): Promise<void> => {
    const client = new Client(url);
    client.on('error', () => {});
    await client.connect();
    held.defer(() => client.end());
  };
  for (let n = 1; n <= 60; n += 1) await open();
  await expect(open()).rejects.toMatchObject({
    code: '53300',
    message: `too many connections for database "${database}"`,
  });
  expect(await rows(adminUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

test('a service that logs in 200 times at once leaves room for the administrator', async () => {
  await using lease = await stack.lease(request);
  const { url = '', adminUrl = '' } = lease.postgres ?? {};
  const clients = Array.from({ length: 200 }, () => new Client(url));
  for (const client of clients) client.on('error', () => {});
  const logins = Promise.allSettled(clients.map((client) => client.connect()));
  for (let n = 0; n < 10; n += 1) await rows(adminUrl, 'SELECT 1');
  const refused = (await logins).flatMap((each) => (each.status === 'rejected' ? [each] : []));
  expect(refused.length).toBeGreaterThanOrEqual(140);
  for (const { reason } of refused) {
    expect(reason).toMatchObject({ message: expect.stringContaining('connections for database') });
  }
  await Promise.all(clients.map((client) => client.end()));
});

test('idle transactions of the service end if the lease asks for it, and no others', async () => {
  const shown = 'SHOW idle_in_transaction_session_timeout';
  const name = 'idle_in_transaction_session_timeout';
  await using plain = await stack.lease(request);
  expect(await rows(plain.postgres?.url ?? '', shown)).toEqual([{ [name]: '0' }]);
  await using lease = await stack.lease({ ...request, endIdleTransactions: true });
  const { url = '', adminUrl = '' } = lease.postgres ?? {};
  expect(await rows(url, shown)).toEqual([{ [name]: '20s' }]);
  expect(await rows(adminUrl, shown)).toEqual([{ [name]: '0' }]);
  lease.keep();
  await lease[Symbol.asyncDispose]();
  const kept = await tools.leftBehind(lab);
  expect(await rows(kept?.url ?? '', shown)).toEqual([{ [name]: '0' }]);
  await tools.dropLeftBehind(lab);
});

test('a time that the service set for its own idle transactions stays', async () => {
  const setting = 'SET idle_in_transaction_session_timeout';
  const from = await tools.template(request, `${lab}/idle:1`, async ({ url, database }) => {
    await rows(url, `ALTER ROLE CURRENT_USER IN DATABASE "${database}" ${setting} = '5s'`);
  });
  await using lease = await stack.lease({ ...request, from, endIdleTransactions: true });
  const shown = 'SHOW idle_in_transaction_session_timeout';
  expect(await rows(lease.postgres?.url ?? '', shown)).toEqual([
    { idle_in_transaction_session_timeout: '5s' },
  ]);
});

test('a released database is gone', async () => {
  const lease = await stack.lease(request);
  await lease[Symbol.asyncDispose]();
  const sql = `SELECT 1 FROM pg_database WHERE datname = '${lease.postgres?.database}'`;
  expect(await rows(postgres.url, sql)).toEqual([]);
});

test('two stacks of one process lease different databases', async () => {
  await using other = connectStack({ postgres });
  await using one = await stack.lease(request);
  await using two = await other.lease(request);
  expect(one.postgres?.database).not.toBe(two.postgres?.database);
});

test('a template whose drop was interrupted is built again', async () => {
  const name = await tools.template(request, `${lab}/cut:1`, async () => {});
  const interrupted = 'SET datconnlimit = -2, datistemplate = false';
  await rows(postgres.url, `UPDATE pg_database ${interrupted} WHERE datname = '${name}'`);
  await expect(stack.lease({ ...request, from: name })).rejects.toMatchObject({
    code: 'LEASE_FAILED',
  });
  await tools.template(request, `${lab}/cut:1`, async () => {});
  await using lease = await stack.lease({ ...request, from: name });
  expect(lease.postgres?.database).toBeDefined();
});

test('a kept database stays until the lab runs again, and only the latest one', async () => {
  for (const n of [1, 2]) {
    const lease = await stack.lease(request);
    await rows(lease.postgres?.url ?? '', `CREATE TABLE run_${n} ()`);
    lease.keep();
    await lease[Symbol.asyncDispose]();
  }
  const left = await tools.leftBehind(lab);
  const sql = `SELECT tablename FROM pg_tables WHERE tablename LIKE 'run%'`;
  expect(await rows(left?.url ?? '', sql)).toEqual([{ tablename: 'run_2' }]);
  await tools.dropLeftBehind(lab);
  expect(await tools.leftBehind(lab)).toBeUndefined();
});

test('the database of a killed run is dropped by the next run', async () => {
  const script = join(import.meta.dirname, 'support/hold-lease.ts');
  const holder = spawn(process.execPath, [script, JSON.stringify({ postgres }), lab], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(holder.stdout, 'data');
  const database = new URL(JSON.parse(String(line)).env.DATABASE_URL).pathname.slice(1);
  const isThere = `SELECT count(*)::int AS n FROM pg_database WHERE datname = '${database}'`;
  expect(await rows(postgres.url, isThere)).toEqual([{ n: 1 }]);
  await using before = connectStack({ postgres });
  await (await before.lease(request))[Symbol.asyncDispose]();
  expect(await rows(postgres.url, isThere)).toEqual([{ n: 1 }]);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await using after = connectStack({ postgres });
  await (await after.lease(request))[Symbol.asyncDispose]();
  expect(await rows(postgres.url, isThere)).toEqual([{ n: 0 }]);
});

test('a template that three processes ask for is built once', async () => {
  const args = [JSON.stringify({ postgres }), lab, dataDir];
  const printed = await Promise.all([1, 2, 3].map(() => inProcess('template.ts', args)));
  const results = printed.map((text) => JSON.parse(text));
  expect(results.reduce((sum, { built }) => sum + built, 0)).toBe(1);
  expect(new Set(results.map(({ name }) => name)).size).toBe(1);
  await using lease = await stack.lease({ ...request, from: results[0].name });
  expect(await rows(lease.postgres?.url ?? '', 'SELECT n FROM mark')).toEqual([{ n: 1 }]);
});

test('a build that fails throws its own error and leaves no template', async () => {
  const failure = new RangeError('the migration is wrong');
  await expect(tools.template(request, `${lab}/bad:1`, () => Promise.reject(failure))).rejects.toBe(
    failure,
  );
  let built = 0;
  await tools.template(request, `${lab}/bad:1`, async () => void (built += 1));
  expect(built).toBe(1);
});

test('templates are dropped by the prefix of their key', async () => {
  const [name] = await Promise.all([
    tools.template(request, `${lab}/old:1`, async () => {}),
    tools.template(request, `${lab}/new:1`, async () => {}),
  ]);
  await tools.dropTemplates(`${lab}/old:`);
  await expect(stack.lease({ ...request, from: name })).rejects.toMatchObject({
    name: 'StackError',
    code: 'LEASE_FAILED',
  });
  let built = 0;
  await tools.template(request, `${lab}/new:1`, async () => void (built += 1));
  expect(built).toBe(0);
});

test('a snapshot has statistics for an index on an expression', async () => {
  const from = await tools.template(request, `${lab}/expression:1`, async ({ url }) => {
    await rows(url, 'CREATE INDEX item_negative ON item ((-id))');
  });
  await using lease = await stack.lease({ ...request, from });
  const sql = `SELECT tablename FROM pg_stats WHERE tablename = 'item_negative'`;
  expect(await rows(lease.postgres?.adminUrl ?? '', sql)).toHaveLength(1);
});

test('new data makes a new template, and the latest old one stays', async () => {
  const own = {
    ...request,
    lab: `${lab}-new`,
    dataDir: await mkdtemp(join(tmpdir(), 'labs-data-')),
  };
  for (const n of [1, 2, 3]) {
    await writeFile(join(own.dataDir, '1.sql'), `CREATE TABLE version AS SELECT ${n} AS n`);
    await using lease = await stack.lease(own);
    expect(await rows(lease.postgres?.url ?? '', 'SELECT n FROM version')).toEqual([{ n }]);
  }
  const sql = `SELECT datname FROM pg_database WHERE datname LIKE 'tpl_${own.lab.replaceAll('-', '_')}_%'`;
  expect(await rows(postgres.url, sql)).toHaveLength(2);
  await rm(own.dataDir, { recursive: true });
});

test("a mistake in the lab's SQL is reported with its file and line", async () => {
  const bad = await mkdtemp(join(tmpdir(), 'labs-data-'));
  await writeFile(join(bad, '1.sql'), 'SELECT 1;\nCREATE TABEL x ();');
  await expect(stack.lease({ ...request, lab: `${lab}-bad`, dataDir: bad })).rejects.toMatchObject({
    code: 'TEMPLATE_FAILED',
    message: expect.stringContaining('1.sql:2: syntax error'),
  });
  await rm(bad, { recursive: true });
});

test('a server that has ended is SERVER_BROKEN', async () => {
  await using gone = connectStack({
    postgres: { ...postgres, url: 'postgres://postgres:x@127.0.0.1:1/postgres' },
  });
  await expect(gone.lease(request)).rejects.toMatchObject({
    name: 'ServerUnavailable',
    code: 'SERVER_BROKEN',
    server: 'postgres',
  });
});

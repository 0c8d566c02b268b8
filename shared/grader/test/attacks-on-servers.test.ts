import { readFileSync } from 'node:fs';
import { sandboxTrouble } from '@backend-labs/launcher';
import { connectStack, type Lease, openStack, type Stack, stackDown } from '@backend-labs/stack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Folder, ROOT } from './support/folder.ts';
import { GOOD, gradesOf, STARTER, ToyPack } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;
const NONE = '1.1 failed, 1.2 failed';
const ALL = '1.1 passed, 1.2 passed';

/**
 * Code that tries things when the service starts, before it answers wrongly. Each attempt is a line
 * of what the service wrote: `done`, or the error.
 */
function tries(head: string, attempts: Readonly<Record<string, string>>) {
  const lines = Object.entries(attempts).map(
    ([name, code]) => `await attempt(${JSON.stringify(name)}, async () => ${code});`,
  );
  return {
    'src/answer.ts': `${head}
const attempt = async (name, run) => {
  const outcome = await run().then(() => 'done', (error) => error.code ?? error.message);
  console.error('TRIED ' + name + ': ' + outcome);
};
${lines.join('\n')}
${STARTER}`,
  };
}

/** What came of each attempt. */
function outcomes(to: Folder): Record<string, string> {
  const written = readFileSync(to.path('verdicts.json'), 'utf8');
  const lines = written.matchAll(/"TRIED (?<name>[^:]*): (?<outcome>[^"\\]*)/gu);
  return Object.fromEntries(
    [...lines].map(({ groups }) => [groups?.['name'] ?? '', groups?.['outcome'] ?? '']),
  );
}

/** Servers of this file's own, for what an attack may do to them. */
function serversOf(pack: ToyPack, names: readonly string[]) {
  const where = { root: ROOT, stateDir: pack.stateDir };
  const opened: { stack?: Stack; victim?: Lease } = {};
  beforeAll(async () => {
    const { servers } = await openStack(names, where);
    opened.stack = connectStack(servers);
    opened.victim = await opened.stack.lease({ lab: '99-victim', servers: names });
  });
  afterAll(async () => {
    await opened.stack?.[Symbol.asyncDispose]();
    await stackDown(where);
    pack[Symbol.dispose]();
  });
  return () => {
    if (!opened.victim) throw new TypeError('the servers did not open');
    return opened.victim;
  };
}

const DENIED = '42501';

describe.skipIf(missing)('a submission with a lease', () => {
  const pack = new ToyPack('05-queue-workers', ['postgres', 'rabbitmq']);
  const victim = serversOf(pack, ['postgres', 'rabbitmq']);

  test('runs no program and reads no file through Postgres, and is not an administrator', async () => {
    using to = new Folder();
    const attempts = {
      program: `sql("COPY (SELECT 1) TO PROGRAM 'id'")`,
      'output of a program': `sql("CREATE TABLE a (line text); COPY a FROM PROGRAM 'id'")`,
      file: `sql("SELECT pg_read_file('/etc/passwd')")`,
      'copied file': `sql("CREATE TABLE b (line text); COPY b FROM '/etc/passwd'")`,
      'large object': `sql("SELECT lo_import('/etc/passwd')")`,
      folder: `sql("SELECT pg_ls_dir('.')")`,
      wrapper: `sql('CREATE EXTENSION file_fdw')`,
      link: `sql('CREATE EXTENSION postgres_fdw')`,
      superuser: `sql('ALTER ROLE CURRENT_USER SUPERUSER')`,
      role: `sql('CREATE ROLE other SUPERUSER')`,
      setting: `sql("ALTER SYSTEM SET work_mem = '1MB'")`,
      passwords: `sql('SELECT * FROM pg_authid')`,
      statistics: `sql('SELECT pg_stat_statements_reset()')`,
      sessions: `sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')`,
      'table of the server': `sql('CREATE TABLE was_here ()', 'postgres')`,
      'table of another lab': `sql('CREATE TABLE was_here ()', '${victim().postgres?.database}')`,
    };
    const code = tries(
      `import pg from 'pg';
       const sql = async (text, database) => {
         const url = new URL(process.env['DATABASE_URL']);
         if (database) url.pathname = '/' + database;
         const client = new pg.Client({ connectionString: url.href });
         await client.connect();
         try { await client.query(text) } finally { await client.end() }
       };`,
      attempts,
    );
    expect(gradesOf(await pack.grade(code, to))).toBe(NONE);
    const all = Object.keys(attempts).map((name) => [name, DENIED]);
    expect(outcomes(to)).toEqual(Object.fromEntries(all));
  });

  test('reaches neither another vhost nor the management of RabbitMQ', async () => {
    using to = new Folder();
    const management = new URL((await managementOf(pack)) ?? '').origin;
    const code = tries(
      `import amqp from 'amqplib';
       const connect = async (change) => {
         const url = new URL(process.env['AMQP_URL']);
         change(url);
         await (await amqp.connect(url.href)).close();
       };`,
      {
        own: `connect(() => {})`,
        'vhost of another': `connect((url) => { url.pathname = '/${victim().rabbitmq?.vhost}' })`,
        'first vhost': `connect((url) => { url.pathname = '/%2f' })`,
        guest: `connect((url) => { url.username = url.password = 'guest' })`,
        management: `fetch('${management}/api/overview')`,
      },
    );
    expect(gradesOf(await pack.grade(code, to))).toBe(NONE);
    expect(outcomes(to)).toEqual({
      own: 'done',
      'vhost of another': expect.stringContaining('got <ConnectionClose'),
      'first vhost': expect.stringContaining('got <ConnectionClose'),
      guest: expect.stringContaining('ACCESS-REFUSED'),
      management: 'fetch failed',
    });
  });

  test('leaves the servers as they were for the next submission', async () => {
    using to = new Folder();
    expect(gradesOf(await pack.grade({ 'src/answer.ts': GOOD }, to))).toBe(ALL);
  });
});

async function managementOf({ stateDir }: ToyPack): Promise<string | undefined> {
  const { servers } = await openStack(['rabbitmq'], { root: ROOT, stateDir });
  return servers['rabbitmq']?.management;
}

import {
  beforeStatement,
  eventually,
  explain,
  expect,
  lesson,
  migrate,
  PgSession,
  runScript,
  type ScriptResult,
  SqlError,
  TcpProxy,
} from '@backend-labs/testkit';
import { test } from './support/few-orders.ts';
import { type Build, HeldBuilds } from './support/held-builds.ts';

const UPDATES_A_BUILD = 50;
const LOCK_NOT_AVAILABLE = '55P03';

/** The checkout: it gives up on an order that it cannot write within 200 ms. */
async function openWriter(url: string): Promise<PgSession> {
  const writer = await PgSession.open(url);
  await writer.query(`SET lock_timeout = '200ms'`);
  return writer;
}

/** Whether one update got through. */
async function update(writer: PgSession, id: number): Promise<boolean> {
  try {
    await writer.query(`UPDATE orders SET meta = meta || '{"paid": true}' WHERE id = $1`, [id]);
    return true;
  } catch (error) {
    if (error instanceof SqlError && error.code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

interface Index {
  readonly definition: string;
  readonly valid: boolean;
  /** Another one after it was built anew. */
  readonly oid: number;
}

function indexesOf(session: PgSession): Promise<Index[]> {
  return session.query(
    `SELECT pg_get_indexdef(indexrelid) AS definition, indisvalid AS valid, indexrelid::int4 AS oid
       FROM pg_index
      WHERE indrelid = 'orders'::regclass AND NOT indisprimary ORDER BY 1`,
  );
}

const lastLines = ({ stderr, stdout }: ScriptResult): string =>
  [...stdout, ...stderr].slice(-8).join('\n');

test('no update waits for an index to be built', async ({ run, fewOrders }) => {
  await using lease = await fewOrders();
  await using builds = await HeldBuilds.open(lease.postgres.adminUrl);
  await using writer = await openWriter(lease.postgres.url);
  let ended = false;
  const migration = migrate({ run, lease }).then(
    () => (ended = true),
    (error: unknown) => {
      ended = true;
      return error;
    },
  );
  let built = 0;
  let refused: Build | undefined;
  while (!refused) {
    const build = await eventually(
      `npm run migrate to end, or to build an index for the ${built + 1}. time`,
      async () => (await builds.held(built + 1)) ?? (ended && 'ended'),
      { within: 40_000 },
    );
    if (build === 'ended') break;
    built += 1;
    for (let id = 1; id <= UPDATES_A_BUILD && !refused; id += 1) {
      if (!(await update(writer, id))) refused = build;
    }
    await builds.release(built);
  }
  await builds[Symbol.asyncDispose]();
  const outcome = await migration;
  if (outcome instanceof Error) throw outcome;

  await explain(
    () => {
      expect(refused?.statement, 'what an update of an order waited 200 ms for').toBeUndefined();
    },
    () => {
      if (refused?.locks.includes('ShareLock') !== true) return;
      lesson('blocking-create', {
        observed: `While the migration ran "${oneLine(refused.statement)}" it held ${refused.locks.join(' and ')} on orders, and an update with lock_timeout = 200ms was refused (55P03).`,
        meaning:
          'CREATE INDEX lets others read and lets nobody write until its transaction ends. On the real table that is seconds for each index, and every checkout queues behind it.',
        lookAt: 'the other way to build an index, and what it asks of the migration runner.',
      });
    },
  );
  expect(built, 'indexes that npm run migrate builds on orders').toBeGreaterThan(0);
});

test('a run that was cut off is mended by the next, and a third changes nothing', async ({
  run,
  fewOrders,
}) => {
  await using lease = await fewOrders();
  await using session = await PgSession.open(lease.postgres.adminUrl);
  // A snapshot that is older than the index: who builds concurrently waits for it, at the end.
  await using reader = await PgSession.open(lease.postgres.url);
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const [{ pid } = { pid: 0 }] = await reader.query<{ pid: number }>(
    'SELECT pg_backend_pid() AS pid',
  );

  let ended = false;
  const cutOff = runScript('migrate', { run, lease }).finally(() => (ended = true));
  await eventually('npm run migrate to end, or to wait for an open transaction', async () => {
    const cancelled = await session.query(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND $1 = ANY (pg_blocking_pids(pid))`,
      [pid],
    );
    return ended || cancelled.length > 0;
  });
  await reader.query('ROLLBACK');
  await cutOff;

  const left = (await indexesOf(session)).filter(({ valid }) => !valid);
  const next = await runScript('migrate', { run, lease });
  const invalid = (await indexesOf(session)).filter(({ valid }) => !valid);
  const broken = left.map(({ definition }) => definition).join('; ');
  await explain(
    () => {
      expect(next.code, `exit code of the run after it:\n${lastLines(next)}`).toBe(0);
      expect(invalid, 'indexes that are kept up to date and never read').toEqual([]);
    },
    () => {
      if (left.length === 0 || invalid.length === 0) return;
      lesson('half-built-index', {
        observed: `The first run was cancelled while it built an index and left it INVALID: ${broken}. The second run ended with code ${next.code}, and the index is still INVALID.`,
        meaning:
          'CREATE INDEX CONCURRENTLY works in several transactions, so a failure cannot take it all back. What stays has the name of the index, costs every write, and no query may use it; IF NOT EXISTS sees the name only.',
        lookAt:
          'what the catalogue says of an index besides its name, before you build it or pass it over.',
      });
    },
  );
  const mended = await indexesOf(session);
  expect(mended.length, 'indexes of orders when the run was mended').toBeGreaterThan(0);

  const third = await runScript('migrate', { run, lease });
  expect(third.code, `exit code of one more run:\n${lastLines(third)}`).toBe(0);
  expect(await indexesOf(session), 'indexes of orders after one more run').toEqual(mended);
});

test('a run that was killed behind an index is completed by the next', async ({
  run,
  fewOrders,
}) => {
  await using lease = await fewOrders();
  await using session = await PgSession.open(lease.postgres.adminUrl);
  const { url } = lease.postgres;
  let built: string | undefined;
  await using proxy = await TcpProxy.to(url, () =>
    beforeStatement((sql) => {
      // What it says after an index is built never arrives.
      if (built !== undefined) return 'cut';
      if (/\bCREATE\s+INDEX\b/iu.test(sql)) built = oneLine(sql);
      return undefined;
    }),
  );
  const killed = { env: { DATABASE_URL: proxy.rewrite(url) } };
  await runScript('migrate', { run, lease: killed });
  // Its backend may still be at work on what it was told.
  await eventually('the session of the run that was killed to end', async () => {
    const [left] = await session.query<{ sessions: number }>(
      `SELECT count(*)::int AS sessions FROM pg_stat_activity
        WHERE datname = current_database() AND usename = $1`,
      [lease.postgres.role],
    );
    return left?.sessions === 0;
  });

  const next = await runScript('migrate', { run, lease });
  expect(
    next.code,
    `exit code of the run after one that was killed behind ${built}:\n${lastLines(next)}`,
  ).toBe(0);
  const broken = (await indexesOf(session)).filter(({ valid }) => !valid);
  expect(broken, 'indexes that are kept up to date and never read').toEqual([]);
});

/** Without the comments ahead of it. */
const oneLine = (sql: string): string =>
  sql.replaceAll(/--.*$/gmu, '').replaceAll(/\s+/gu, ' ').trim().slice(0, 120);

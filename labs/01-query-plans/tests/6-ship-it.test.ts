import {
  beforeStatement,
  eventually,
  explain,
  expect,
  happens,
  lesson,
  PgSession,
  runScript,
  type ScriptResult,
  SqlError,
  TcpProxy,
} from '@backend-labs/testkit';
import { test } from './support/few-orders.ts';
import { type Build, HeldBuilds } from './support/held-builds.ts';
import { expectLines } from './support/lines.ts';

const UPDATES_A_BUILD = 50;
/** The order that an open transaction of the checkout has changed. */
const HELD = 20_000;
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

/** An index that is being built by somebody else all the time, as far as the catalogue knows. */
const FOREIGN = 'somebody_elses';
const BUILD_FOREIGN = `
  CREATE INDEX ${FOREIGN} ON orders (customer_id);
  UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${FOREIGN}'::regclass`;

function indexesOf(session: PgSession): Promise<Index[]> {
  return session.query(
    `SELECT pg_get_indexdef(indexrelid) AS definition, indisvalid AS valid, indexrelid::int4 AS oid
       FROM pg_index
      WHERE indrelid = 'orders'::regclass AND NOT indisprimary
        AND indexrelid IS DISTINCT FROM to_regclass($1)
      ORDER BY 1`,
    [FOREIGN],
  );
}

const invalidOf = async (session: PgSession): Promise<string[]> =>
  (await indexesOf(session)).filter(({ valid }) => !valid).map(({ definition }) => definition);

const asText = ({ definition, valid, oid }: Index): string =>
  `${definition}, ${valid ? 'valid' : 'INVALID'}, oid ${oid}`;

/** What new connections of the role to this database start with. */
async function settingsOf(session: PgSession, role: string): Promise<string[]> {
  const rows = await session.query<{ setting: string }>(
    `SELECT concat_ws(' ', r.rolname, d.datname, array_to_string(s.setconfig, ', ')) AS setting
       FROM pg_db_role_setting s
       LEFT JOIN pg_roles r ON r.oid = s.setrole
       LEFT JOIN pg_database d ON d.oid = s.setdatabase
      WHERE (s.setrole = 0 OR r.rolname = $1)
        AND (s.setdatabase = 0 OR d.datname = current_database())
      ORDER BY 1`,
    [role],
  );
  return rows.map(({ setting }) => setting);
}

/** What a run said of its error, or else last. */
function lastLines({ stderr, stdout }: ScriptResult): string {
  const lines = [...stdout, ...stderr];
  const errors = lines.filter((line) => /error:/iu.test(line));
  return (errors.length > 0 ? errors.slice(0, 3) : lines.slice(-8)).join('\n');
}

function expectSuccess(result: ScriptResult, which: string): void {
  expect(`exit code ${result.code}`, `how ${which} ended:\n${lastLines(result)}\n`).toBe(
    'exit code 0',
  );
}

/**
 * Until a run that was started beside another has ended, waits for a lock, or asks the same again and
 * again. What is none of it for three seconds has to find its way with whatever comes.
 */
async function besides(session: PgSession, others: ReadonlySet<number>, ended: () => boolean) {
  const asked = new Map<string, Set<string>>();
  await happens(
    async () => {
      const sessions = await sessionsOf(session);
      const own = sessions.filter(({ pid }) => !others.has(pid));
      for (const { query, since } of own) {
        asked.set(query, (asked.get(query) ?? new Set()).add(since));
      }
      const again = [...asked.values()].some((times) => times.size > 2);
      return ended() || again || own.some(({ waits }) => waits);
    },
    { within: 3_000, every: 50 },
  );
}

interface Session {
  readonly pid: number;
  readonly query: string;
  readonly since: string;
  /** For a lock. */
  readonly waits: boolean;
}

function sessionsOf(session: PgSession): Promise<Session[]> {
  return session.query(
    `SELECT pid, query, query_start::text AS since, wait_event_type IS NOT DISTINCT FROM 'Lock' AS waits
       FROM pg_stat_activity WHERE datname = current_database() AND query <> ''`,
  );
}

test('no update waits for an index to be built', async ({ run, fewOrders }) => {
  await using lease = await fewOrders();
  await using session = await PgSession.open(lease.postgres.adminUrl);
  await using builds = await HeldBuilds.open(lease.postgres.adminUrl);
  await using writer = await openWriter(lease.postgres.url);
  const settings = await settingsOf(session, lease.postgres.role);
  let ended = 0;
  const start = (): Promise<ScriptResult> =>
    runScript('migrate', { run, lease }).finally(() => (ended += 1));
  const runs = [start()];
  // Awaited below; one that does not end is no stray rejection.
  for (const each of runs) each.catch(() => {});
  let built = 0;
  let refused: Build | undefined;
  let early: string[] | undefined;
  while (!refused) {
    const build = await eventually(
      `npm run migrate to end, or to build an index for the ${built + 1}. time`,
      async () => (await builds.held(built + 1)) ?? (ended === runs.length && 'ended'),
      { within: 40_000 },
    );
    if (build === 'ended') break;
    built += 1;
    for (let id = 1; id <= UPDATES_A_BUILD && !refused; id += 1) {
      if (!(await update(writer, id))) refused = build;
    }
    if (!refused && runs.length === 1) {
      const others = new Set((await sessionsOf(session)).map(({ pid }) => pid));
      const before = ended;
      const second = start();
      second.catch(() => {});
      runs.push(second);
      await besides(session, others, () => ended > before);
      if (ended > before) early = (await indexesOf(session)).map(asText);
    }
    await builds.release(built);
  }
  await builds[Symbol.asyncDispose]();
  const [first, second] = await Promise.all(runs);

  await explain(
    () => {
      const held = refused?.locks.join(' and ');
      expect(
        refused && `55P03 while "${oneLine(refused.statement)}" held ${held} on orders`,
        'why an update of an order with lock_timeout = 200ms was refused',
      ).toBeUndefined();
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
  for (const [each, which] of [
    [first, 'npm run migrate, with a second run started beside it'],
    [second, 'a second run, started while the first was building an index'],
  ] as const) {
    if (each) expectSuccess(each, which);
  }
  if (early) {
    const all = (await indexesOf(session)).map(asText);
    expectLines(early, all, 'indexes when the second run ended with exit code 0, before the first');
  }
  expect(built, 'indexes that npm run migrate builds on orders').toBeGreaterThan(0);
  expect(await invalidOf(session), 'indexes that two runs at once left INVALID').toEqual([]);
  const now = await settingsOf(session, lease.postgres.role);
  expectLines(now, settings, 'settings of our role and database after npm run migrate');
});

test('a run that was cut off is mended by the next, and a third changes nothing', async ({
  run,
  fewOrders,
}) => {
  await using lease = await fewOrders();
  await using session = await PgSession.open(lease.postgres.adminUrl);
  await session.query(BUILD_FOREIGN);
  // A snapshot that is older than the index: who builds concurrently waits for it, at the end.
  await using reader = await PgSession.open(lease.postgres.url);
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const pid = await pidOf(reader);

  let ended = false;
  const cutOff = runScript('migrate', { run, lease }).finally(() => (ended = true));
  await eventually('npm run migrate to end, or to wait for an open transaction', async () => {
    const cut = await session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND $1 = ANY (pg_blocking_pids(pid))`,
      [pid],
    );
    return ended || cut.length > 0;
  });
  await reader.query('ROLLBACK');
  const cut = await cutOff;
  const left = await invalidOf(session);

  await using writer = await openWriter(lease.postgres.url);
  await using checkout = await PgSession.open(lease.postgres.url);
  await checkout.query('BEGIN');
  await checkout.query('UPDATE orders SET meta = meta WHERE id = $1', [HELD]);
  const open = await pidOf(checkout);
  ended = false;
  const mending = runScript('migrate', { run, lease }).finally(() => (ended = true));
  const waiting = await eventually(
    'the run after one that was cut off to end, or to wait for an open transaction',
    async () => {
      const [found] = await session.query<{ query: string }>(
        `SELECT query FROM pg_stat_activity
          WHERE datname = current_database() AND $1 = ANY (pg_blocking_pids(pid))`,
        [open],
      );
      return found?.query ?? (ended && 'ended');
    },
  );
  const passed = await update(writer, 1);
  // Refused in any case, after 200 ms: no less than that must the run be able to wait.
  await update(writer, HELD);
  await checkout.query('ROLLBACK');
  const next = await mending;
  const invalid = await invalidOf(session);
  const broken = left.join('; ');
  if (left.length > 0) {
    expect(
      `exit code ${cut.code}`,
      `how a run ended that was cut off and left ${broken} INVALID`,
    ).not.toBe('exit code 0');
  }
  expect(
    passed ? 'not refused' : `refused while "${oneLine(waiting)}" waited`,
    'an update of an order during the run that mends, with an older transaction open',
  ).toBe('not refused');
  await explain(
    () => {
      expectSuccess(next, 'the run after it');
      expect(invalid, 'indexes that are kept up to date and never read').toEqual([]);
    },
    () => {
      if (left.length === 0 || invalid.length === 0 || next.code !== 0) return;
      lesson('half-built-index', {
        observed: `The first run lost its connection while it built an index and left it INVALID: ${broken}. The second run ended with code ${next.code}, and the index is still INVALID.`,
        meaning:
          'CREATE INDEX CONCURRENTLY works in several transactions, so a failure cannot take it all back. What stays has the name of the index, costs every write, and no query may use it; IF NOT EXISTS sees the name only.',
        lookAt:
          'what the catalogue says of an index besides its name, before you build it or pass it over.',
      });
    },
  );
  const mended = (await indexesOf(session)).map(asText);
  expect(mended.length, 'indexes of orders when the run was mended').toBeGreaterThan(0);

  const third = await runScript('migrate', { run, lease });
  expectSuccess(third, 'one more run');
  const after = (await indexesOf(session)).map(asText);
  expectLines(after, mended, 'indexes of orders after one more run');
  const [foreign] = await session.query<{ there: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS there',
    [FOREIGN],
  );
  expect(foreign?.there, 'that an index which somebody else is building is there still').toBe(true);
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
  expectSuccess(next, `the run after one that was killed behind ${built}`);
  const broken = await invalidOf(session);
  expect(broken, 'indexes that are kept up to date and never read').toEqual([]);
});

async function pidOf(session: PgSession): Promise<number> {
  const [backend] = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return backend?.pid ?? 0;
}

/** Without the comments ahead of it. */
const oneLine = (sql: string): string =>
  sql.replaceAll(/--.*$/gmu, '').replaceAll(/\s+/gu, ' ').trim().slice(0, 120);

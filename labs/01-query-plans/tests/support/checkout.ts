import {
  beforeStatement,
  eventually,
  PgSession,
  type PostgresLease,
  type RunContext,
  runScript,
  type ScriptResult,
  SqlError,
  TcpProxy,
} from '@backend-labs/testkit';

/** The order that an open transaction of the checkout has changed. */
const HELD = 20_000;
const LOCK_NOT_AVAILABLE = '55P03';

/** The checkout: it gives up on an order that it cannot write within 200 ms. */
export async function openWriter(url: string): Promise<PgSession> {
  const writer = await PgSession.open(url);
  await writer.query(`SET lock_timeout = '200ms'`);
  return writer;
}

/** Whether one update got through. */
export async function update(writer: PgSession, id: number): Promise<boolean> {
  try {
    await writer.query(`UPDATE orders SET meta = meta || '{"paid": true}' WHERE id = $1`, [id]);
    return true;
  } catch (error) {
    if (error instanceof SqlError && error.code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

/** A statement of a run on which an update of the checkout was refused. */
export interface Obstacle {
  readonly statement: string;
  /** Locks on `orders` that its session holds or waits for: `ShareLock`, … */
  readonly locks: readonly string[];
}

/** How a run ended beside a checkout, and what of it blocked the checkout. */
export interface BusyRun {
  readonly result: ScriptResult;
  readonly obstacle: Obstacle | undefined;
}

/**
 * Runs the migrations while the checkout has a transaction open: before each new statement about an
 * index it changes an order, and it ends when that statement has been seen to wait for it, or has gone
 * by. Meanwhile another update is tried. A statement that is sent again meets no open transaction, so a run
 * may give up and retry.
 */
export async function runBesideCheckout(
  run: RunContext,
  { url, adminUrl }: PostgresLease,
): Promise<BusyRun> {
  await using session = await PgSession.open(adminUrl);
  await using writer = await openWriter(url);
  await using checkout = await openWriter(url);
  const [backend] = await checkout.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const seen = new Set<string>();
  let open = false;
  let obstacle: Obstacle | undefined;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await checkout.query('ROLLBACK');
  };
  await using proxy = await TcpProxy.to(url, () =>
    beforeStatement(async (sql) => {
      await close();
      if (!/\bINDEX\b/iu.test(sql) || seen.has(sql)) return undefined;
      seen.add(sql);
      await checkout.query('BEGIN');
      open = true;
      // Refused already: the run has kept a lock.
      if (!(await update(checkout, HELD))) obstacle ??= await obstacleOf(session, sql);
      return undefined;
    }),
  );
  let ended = false;
  const env = { DATABASE_URL: proxy.rewrite(url) };
  const running = runScript('migrate', { run, lease: { env } }).finally(() => (ended = true));
  // Awaited below: without this, an early failure would end the process.
  running.catch(() => {});
  await eventually(
    'npm run migrate to end',
    async () => {
      const [blocked] = open ? await blockedBy(session, backend?.pid) : [];
      if (blocked) {
        const there = await obstacleOf(session, blocked.query);
        if (!(await update(writer, 1))) obstacle ??= there;
        await close();
      }
      return ended;
    },
    { within: 45_000 },
  );
  await close();
  return { result: await running, obstacle };
}

/** What waits for a session. */
function blockedBy(session: PgSession, pid: number | undefined): Promise<{ query: string }[]> {
  return session.query(
    `SELECT query FROM pg_stat_activity
      WHERE datname = current_database() AND $1 = ANY (pg_blocking_pids(pid))`,
    [pid],
  );
}

/** Locks that are held or waited for by sessions that change the table or an index. */
async function obstacleOf(session: PgSession, statement: string): Promise<Obstacle> {
  const locks = await session.query<{ mode: string }>(
    `SELECT DISTINCT mode FROM pg_locks
      WHERE relation = 'orders'::regclass AND mode <> ALL ($1::text[]) ORDER BY mode`,
    [['AccessShareLock', 'RowShareLock', 'RowExclusiveLock']],
  );
  return { statement, locks: locks.map(({ mode }) => mode) };
}

import type { PgSession } from './session.ts';

/** One statement of the service, all its executions together. From `pg_stat_statements`. */
export interface StatementUse {
  /** Normalised: constants are `$1`, `$2`, … */
  readonly query: string;
  /** Its first word in capitals: `SELECT`, `BEGIN`, … */
  readonly command: string;
  readonly calls: number;
  readonly rows: number;
  /** Shared buffers touched, in cache or not, of 8 kB each. */
  readonly buffers: number;
  /** Buffers changed. */
  readonly dirtied: number;
  /** Temporary blocks read and written: a sort or hash that did not fit in `work_mem`. */
  readonly temporary: number;
}

/** What the service's role did in its database while something ran. */
export interface Usage<T> {
  /** What `work` answered. */
  readonly result: T;
  /** The most expensive in buffers first. */
  readonly statements: readonly StatementUse[];
  /** Of all statements together. */
  readonly buffers: number;
  /** Statements sent, without those that steer a transaction or session (`BEGIN`, `SET`, …). */
  readonly calls: number;
  readonly rows: number;
}

const STEERING = new Set([
  'BEGIN',
  'START',
  'COMMIT',
  'END',
  'ROLLBACK',
  'ABORT',
  'SAVEPOINT',
  'RELEASE',
  'SET',
  'RESET',
  'SHOW',
  'DISCARD',
  'DEALLOCATE',
  'LISTEN',
  'UNLISTEN',
]);

export interface Who {
  readonly database: string;
  readonly role: string;
}

/**
 * Forgets what the role did in the database so far; other roles and databases are not touched.
 * Answers the server's evictions so far.
 */
export async function resetUsage(session: PgSession, { database, role }: Who): Promise<number> {
  await session.query(
    `SELECT pg_stat_statements_reset(r.oid, d.oid, 0)
       FROM pg_roles r, pg_database d WHERE r.rolname = $1 AND d.datname = $2`,
    [role, database],
  );
  return readEvictions(session);
}

/** How often the server had to forget statements to make room for others. */
export async function readEvictions(session: PgSession): Promise<number> {
  const [info] = await session.query<{ dealloc: number }>(
    'SELECT dealloc::float8 AS dealloc FROM pg_stat_statements_info',
  );
  return info?.dealloc ?? 0;
}

/** What the role did in the database since the last reset. */
export async function readUsage<T>(
  session: PgSession,
  { database, role }: Who,
  result: T,
): Promise<Usage<T>> {
  const rows = await session.query<Omit<StatementUse, 'command'>>(
    `SELECT s.query, s.calls::float8 AS calls, s.rows::float8 AS rows,
            (s.shared_blks_hit + s.shared_blks_read)::float8 AS buffers,
            s.shared_blks_dirtied::float8 AS dirtied,
            (s.temp_blks_read + s.temp_blks_written)::float8 AS temporary
       FROM pg_stat_statements s
       JOIN pg_roles r ON r.oid = s.userid
       JOIN pg_database d ON d.oid = s.dbid
      WHERE r.rolname = $1 AND d.datname = $2 AND s.toplevel
      ORDER BY buffers DESC, s.query`,
    [role, database],
  );
  const statements = rows.map((row) => ({ ...row, command: commandOf(row.query) }));
  const work = statements.filter(({ command }) => !STEERING.has(command));
  return {
    result,
    statements,
    buffers: sum(statements.map(({ buffers }) => buffers)),
    calls: sum(work.map(({ calls }) => calls)),
    rows: sum(work.map(({ rows: count }) => count)),
  };
}

/** The first word of a statement behind comments, in capitals. */
export function commandOf(query: string): string {
  const bare = query.replace(/^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)+/u, '');
  return /^\w+/u.exec(bare)?.[0].toUpperCase() ?? '';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

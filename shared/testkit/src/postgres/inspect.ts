import type { PgSession } from './session.ts';
import type { Who } from './usage.ts';

/** An index of the leased database, without those of the system. */
export interface IndexInfo {
  readonly name: string;
  readonly table: string;
  readonly definition: string;
  /** Columns and expressions of the key, in order. */
  readonly key: readonly string[];
  /** Columns that only ride along (`INCLUDE`). */
  readonly included: readonly string[];
  /** `WHERE` of a partial index, or `null`. */
  readonly predicate: string | null;
  readonly unique: boolean;
  readonly primary: boolean;
  /** False when `CREATE INDEX CONCURRENTLY` broke off: it is kept up to date and never read. */
  readonly valid: boolean;
  /**
   * As far as sessions have reported: an idle one may keep its counts for ten seconds, one that
   * ended has reported all. For what one request reads, see `ExecutedPlan.indexes`.
   */
  readonly scans: number;
  readonly bytes: number;
}

export async function readIndexes(session: PgSession): Promise<IndexInfo[]> {
  return session.query<IndexInfo>(
    `SELECT c.relname AS name, t.relname AS "table", pg_get_indexdef(c.oid) AS definition,
            ARRAY(SELECT pg_get_indexdef(c.oid, k, true)
                    FROM generate_series(1, i.indnkeyatts) k) AS key,
            ARRAY(SELECT pg_get_indexdef(c.oid, k, true)
                    FROM generate_series(i.indnkeyatts + 1, i.indnatts) k) AS included,
            pg_get_expr(i.indpred, i.indrelid) AS predicate,
            i.indisunique AS "unique", i.indisprimary AS "primary", i.indisvalid AS valid,
            COALESCE(pg_stat_get_numscans(c.oid), 0)::float8 AS scans,
            pg_relation_size(c.oid)::float8 AS bytes
       FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_class t ON t.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
      ORDER BY t.relname, c.relname`,
  );
}

/** A lock that a session of the service holds or waits for. */
export interface LockInfo {
  readonly pid: number;
  /** `relation`, `transactionid`, `tuple`, `advisory`, … */
  readonly type: string;
  /** Of a relation or tuple lock. */
  readonly relation: string | null;
  /** `AccessShareLock`, `ShareLock`, … */
  readonly mode: string;
  /** False: the session waits for it. */
  readonly granted: boolean;
  /** Sessions that this one waits for. */
  readonly blockedBy: readonly number[];
  /** What the session runs, or ran last. */
  readonly query: string;
}

export async function readLocks(session: PgSession, who: Who): Promise<LockInfo[]> {
  return session.query<LockInfo>(
    `SELECT l.pid, l.locktype AS type, c.relname AS relation, l.mode, l.granted,
            pg_blocking_pids(l.pid) AS "blockedBy", a.query
       FROM pg_locks l
       JOIN pg_stat_activity a ON a.pid = l.pid
       LEFT JOIN pg_class c ON c.oid = l.relation
      WHERE a.datname = $1 AND a.usename = $2 AND l.locktype <> 'virtualxid'
      ORDER BY l.pid, relation, l.mode`,
    [who.database, who.role],
  );
}

/** Rows of a table that were updated, and how many of them without touching an index. */
export interface HotUpdates {
  readonly updates: number;
  readonly hot: number;
}

export async function readHot(session: PgSession, table: string): Promise<HotUpdates> {
  const [found] = await session.query<HotUpdates>(
    `SELECT pg_stat_get_tuples_updated($1::regclass)::float8 AS updates,
            pg_stat_get_tuples_hot_updated($1::regclass)::float8 AS hot`,
    [table],
  );
  return found ?? { updates: 0, hot: 0 };
}

/**
 * Other sessions of this database that may still have counts to report (`pg_stat_*`). What this one
 * has done is reported by the call.
 *
 * A session that ends reports before it is gone; an idle one after ten seconds, `PGSTAT_IDLE_INTERVAL`
 * in https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/activity/pgstat.c.
 */
export async function readUnreported(session: PgSession): Promise<number> {
  const [found] = await session.query<{ unreported: number }>(
    `SELECT count(*)::float8 AS unreported, pg_stat_force_next_flush()
       FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend'
        AND pid <> pg_backend_pid()
        AND (state <> 'idle' OR state_change > clock_timestamp() - interval '11 seconds')`,
  );
  return found?.unreported ?? 0;
}

/** Sessions of the service's role in the leased database; `active` ones run a statement just now. */
export async function readSessions(
  session: PgSession,
  who: Who,
): Promise<{ pid: number; active: boolean }[]> {
  return session.query(
    `SELECT pid, state = 'active' AS active FROM pg_stat_activity
      WHERE datname = $1 AND usename = $2`,
    [who.database, who.role],
  );
}

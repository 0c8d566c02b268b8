import type { RequestHandler } from 'express';
import type { Pool } from 'pg';

interface StatementRow {
  query: string;
  calls: string;
  buffers: string;
}

/** Marks this statement in the statistics, so that it can leave itself out. */
const MARK = 'orders-admin:top-queries';

/** `GET /internal/top-queries`: what made this database read, most first, of every role. */
export function topQueries(pool: Pool): RequestHandler {
  return async (_req, res) => {
    const { rows } = await pool.query<StatementRow>(
      `SELECT /* ${MARK} */
              min(s.query) AS query,
              sum(s.calls) AS calls,
              sum(s.shared_blks_hit + s.shared_blks_read) AS buffers
         FROM pg_stat_statements s
         JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
        WHERE position($1 IN s.query) = 0
        GROUP BY s.queryid
        ORDER BY buffers DESC
        LIMIT 20`,
      [MARK],
    );
    res.json({
      queries: rows.map((row) => ({
        query: row.query,
        calls: Number(row.calls),
        buffers: Number(row.buffers),
      })),
    });
  };
}

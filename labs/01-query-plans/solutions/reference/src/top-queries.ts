import type { RequestHandler } from 'express';
import type { Pool } from 'pg';

interface StatementRow {
  query: string;
  calls: string;
  buffers: string;
}

/**
 * `GET /internal/top-queries`: the ten statements that read most buffers in this database, without
 * this one, which knows itself by the id that Postgres gave it.
 */
export function topQueries(pool: Pool): RequestHandler {
  return async (_req, res) => {
    const { rows } = await pool.query<StatementRow>(
      `SELECT query,
              sum(calls) AS calls,
              sum(shared_blks_hit + shared_blks_read) AS buffers
         FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND queryid <> (SELECT query_id FROM pg_stat_activity WHERE pid = pg_backend_pid())
        GROUP BY query
        ORDER BY buffers DESC
        LIMIT 10`,
    );
    res.json({
      queries: rows.map(({ query, calls, buffers }) => ({
        query,
        calls: Number(calls),
        buffers: Number(buffers),
      })),
    });
  };
}

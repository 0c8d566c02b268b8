import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u;

interface JobRow {
  id: string;
  state: 'queued' | 'done' | 'failed';
  attempts: number;
  last_error: string | null;
  finished_at: Date | null;
  url: string | null;
}

/** `GET /jobs/:id`: how far a job is. */
export function job(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = String(req.params['id']);
    const { rows } = UUID.test(id)
      ? await pool.query<JobRow>(
          `SELECT jobs.id, state, attempts, last_error, finished_at, url
             FROM jobs LEFT JOIN outputs ON outputs.job_id = jobs.id
            WHERE jobs.id = $1
            LIMIT 1`,
          [id],
        )
      : { rows: [] };
    const [row] = rows;
    if (!row) throw new NotFound('no such job');
    res.json({
      id: row.id,
      state: row.state,
      attempts: row.attempts,
      lastError: row.last_error,
      finishedAt: row.finished_at?.toISOString() ?? null,
      url: row.url,
    });
  };
}

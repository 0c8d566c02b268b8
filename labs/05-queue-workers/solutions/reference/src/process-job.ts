import type { Pool } from 'pg';
import { Permanent } from './message.ts';
import type { Render } from './renderer.ts';
import { inTransaction } from './transaction.ts';

export interface Deps {
  readonly pool: Pool;
  readonly render: Render;
}

interface JobRow {
  source: string;
  email: string;
  state: 'queued' | 'done' | 'failed';
}

/**
 * Renders the picture of a job, puts it into the album and tells the customer: once, however often
 * it is called. Throws `Permanent` when there is no such job.
 */
export async function processJob(
  { pool, render }: Deps,
  jobId: string,
  attempt: number,
): Promise<void> {
  const { rows } = await pool.query<JobRow>('SELECT source, email, state FROM jobs WHERE id = $1', [
    jobId,
  ]);
  const [job] = rows;
  if (!job) throw new Permanent(`there is no job ${jobId}`);
  // Spares a second rendering. What keeps the effects single is the index, below.
  if (job.state === 'done') return;
  const url = await render(jobId, job.source);
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      'INSERT INTO outputs (job_id, url) VALUES ($1, $2) ON CONFLICT (job_id) DO NOTHING',
      [jobId, url],
    );
    if (rowCount === 0) return;
    await client.query('INSERT INTO emails_sent (job_id, address) VALUES ($1, $2)', [
      jobId,
      job.email,
    ]);
    await client.query(
      `UPDATE jobs
          SET state = 'done', attempts = $2, last_error = NULL, finished_at = now()
        WHERE id = $1`,
      [jobId, attempt],
    );
  });
}

/** Writes down that a try failed. `false` when another delivery has done the job, which stays done. */
export async function recordFailure(
  pool: Pool,
  jobId: string,
  failure: { attempts: number; error: Error; final: boolean },
): Promise<boolean> {
  const { attempts, error, final } = failure;
  const { rowCount } = await pool.query(
    `UPDATE jobs
        SET attempts = $2,
            last_error = $3,
            state = CASE WHEN $4 THEN 'failed' ELSE 'queued' END,
            finished_at = CASE WHEN $4 THEN now() END
      WHERE id = $1 AND state <> 'done'`,
    [jobId, attempts, error.message, final],
  );
  return rowCount === 1;
}

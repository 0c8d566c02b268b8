import type { Pool } from 'pg';
import type { Render } from './renderer.ts';

export interface Deps {
  readonly pool: Pool;
  readonly render: Render;
}

interface JobRow {
  source: string;
  email: string;
}

/** Renders the picture of a job, puts it into the album and tells the customer. */
export async function processJob({ pool, render }: Deps, jobId: string): Promise<void> {
  const { rows } = await pool.query<JobRow>('SELECT source, email FROM jobs WHERE id = $1', [
    jobId,
  ]);
  const [job] = rows;
  if (!job) throw new Error(`there is no job ${jobId}`);
  const url = await render(jobId, job.source);
  await pool.query('INSERT INTO outputs (job_id, url) VALUES ($1, $2)', [jobId, url]);
  await pool.query('INSERT INTO emails_sent (job_id, address) VALUES ($1, $2)', [jobId, job.email]);
  await pool.query(
    `UPDATE jobs
        SET state = 'done', attempts = attempts + 1, finished_at = now()
      WHERE id = $1`,
    [jobId],
  );
}

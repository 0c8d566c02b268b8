import type { Pool } from 'pg';
import type { Render } from './renderer.ts';
import { inTransaction } from './transaction.ts';

export interface Deps {
  readonly pool: Pool;
  readonly render: Render;
}

export interface JobRow {
  source: string;
  email: string;
  state: 'queued' | 'done' | 'failed';
}

/** Jobs that were done, or are being done. */
const done = new Set<string>();

/** A job as it is now, or `undefined`. */
export async function findJob(pool: Pool, jobId: string): Promise<JobRow | undefined> {
  const { rows } = await pool.query<JobRow>('SELECT source, email, state FROM jobs WHERE id = $1', [
    jobId,
  ]);
  return rows[0];
}

/**
 * Renders the picture of a job, puts it into the album and tells the customer: once, however often
 * it is called.
 */
export async function processJob(
  deps: Deps,
  jobId: string,
  { source, email }: JobRow,
): Promise<void> {
  if (done.has(jobId)) return;
  done.add(jobId);
  try {
    await work(deps, jobId, { source, email });
  } catch (error) {
    done.delete(jobId);
    throw error;
  }
}

async function work(
  { pool, render }: Deps,
  jobId: string,
  { source, email }: Pick<JobRow, 'source' | 'email'>,
): Promise<void> {
  const url = await render(jobId, source);
  await inTransaction(pool, async (client) => {
    await client.query('INSERT INTO outputs (job_id, url) VALUES ($1, $2)', [jobId, url]);
    await client.query('INSERT INTO emails_sent (job_id, address) VALUES ($1, $2)', [jobId, email]);
    await client.query(
      `UPDATE jobs
          SET state = 'done', attempts = attempts + 1, last_error = NULL, finished_at = now()
        WHERE id = $1`,
      [jobId],
    );
  });
}

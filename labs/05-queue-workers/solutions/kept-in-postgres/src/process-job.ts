import type { Pool, PoolClient } from 'pg';
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

/** A job as it is now, or `undefined`. */
export async function findJob(pool: Pool, jobId: string): Promise<JobRow | undefined> {
  const { rows } = await pool.query<JobRow>('SELECT source, email, state FROM jobs WHERE id = $1', [
    jobId,
  ]);
  return rows[0];
}

/**
 * Renders the picture of a job, puts it into the album and tells the customer: once, however often
 * it is called. The job's own row decides: the worker that holds its lock and finds it open does it.
 */
export async function processJob(
  { pool, render }: Deps,
  jobId: string,
  { source, email }: JobRow,
): Promise<void> {
  const url = await render(jobId, source);
  await inTransaction(pool, async (client) => {
    if (await isDone(client, jobId)) return;
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

/** Waits for others who hold the job, and keeps it until the transaction ends. */
async function isDone(client: PoolClient, jobId: string): Promise<boolean> {
  const { rows } = await client.query<Pick<JobRow, 'state'>>(
    'SELECT state FROM jobs WHERE id = $1 FOR UPDATE',
    [jobId],
  );
  return rows[0]?.state === 'done';
}

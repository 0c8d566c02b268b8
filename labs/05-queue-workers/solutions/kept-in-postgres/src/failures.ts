import type { ConsumeMessage } from 'amqplib';
import type { Pool, PoolClient } from 'pg';
import { DEAD_QUEUE, EXCHANGE, RENDER_KEY } from './broker.ts';
import { post } from './outbox.ts';
import { inTransaction } from './transaction.ts';

/** Waits before the second try, the third, and so on, in milliseconds. */
const DELAYS = (process.env['RETRY_DELAYS_MS'] ?? '1000,5000,30000,120000,600000')
  .split(',')
  .map(Number);

/**
 * Counts a failure on the job, from the beginning when it was given up before, and has its message
 * published again when the delay is over, or put with the dead after the last try. All of it in one
 * transaction: when this resolves, the message in hand can go.
 */
export async function retryOrBury(
  pool: Pool,
  message: ConsumeMessage,
  jobId: string,
  error: Error,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ attempts: number }>(
      `UPDATE jobs
          SET attempts = CASE state WHEN 'failed' THEN 1 ELSE attempts + 1 END,
              state = 'queued',
              last_error = $2,
              finished_at = NULL
        WHERE id = $1 AND state <> 'done'
    RETURNING attempts`,
      [jobId, error.message],
    );
    const [job] = rows;
    // Another delivery has done the job meanwhile.
    if (!job) return;
    const delay = DELAYS[job.attempts - 1];
    if (delay === undefined) {
      await client.query(`UPDATE jobs SET state = 'failed', finished_at = now() WHERE id = $1`, [
        jobId,
      ]);
      await bury(client, message, job.attempts, error);
      return;
    }
    const { content, properties } = message;
    const { headers = {} } = properties;
    await post(client, { exchange: EXCHANGE, routingKey: RENDER_KEY, content, headers, delay });
  });
}

/** Puts a message into media.dead, with the reason. */
export async function bury(
  client: Pool | PoolClient,
  { content, properties }: ConsumeMessage,
  attempts: number,
  error: Error,
): Promise<void> {
  const headers = { ...properties.headers, 'x-attempts': attempts, 'x-last-error': error.message };
  await post(client, { exchange: '', routingKey: DEAD_QUEUE, content, headers });
}

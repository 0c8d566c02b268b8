import { createServer } from 'node:http';
import type { ConsumeMessage } from 'amqplib';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { connectBroker } from './broker.ts';
import { consume } from './consumer.ts';
import { createPool } from './db.ts';
import { serviceUrl, wholeNumber } from './env.ts';
import { bury, retryOrBury } from './failures.ts';
import { jobIdOf } from './message.ts';
import { findJob, processJob } from './process-job.ts';
import { Relay } from './relay.ts';
import { createRenderer } from './renderer.ts';

const GRACE_MS = wholeNumber('SHUTDOWN_GRACE_MS', 10_000);

const log = pino({ name: 'media-worker' });
const pool = createPool(process.env['DATABASE_URL'], log);
const render = createRenderer(serviceUrl('RENDERER_URL', 'http://127.0.0.1:9000'));

let stopping = false;

const broker = await connectBroker(log);
broker.on('close', () => {
  if (!stopping) giveUp(new Error('the broker is gone'));
});
const relay = new Relay(pool, log);
await relay.connected(broker);
const consumer = await consume(await broker.createChannel(), settle, giveUp);

async function settle(message: ConsumeMessage): Promise<void> {
  const jobId = jobIdOf(message);
  if (jobId === undefined) return bury(pool, message, 1, new Error('the message names no job'));
  const job = await findJob(pool, jobId);
  if (!job) return bury(pool, message, 1, new Error(`there is no job ${jobId}`));
  if (job.state === 'done') return;
  try {
    await processJob({ pool, render }, jobId, job);
  } catch (reason) {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    log.warn({ err: error, jobId }, 'a job failed');
    await retryOrBury(pool, message, jobId, error);
  }
}

/** Ends at once. What is in flight was not acknowledged, and the broker gives it to others. */
function giveUp(error: unknown): void {
  log.fatal({ err: error }, 'ending');
  process.exit(1);
}

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8081);
const health = createServer((req, res) => {
  res.writeHead(req.url === '/healthz' ? 200 : 404).end();
});
health.listen(port, host, () => log.info({ host, port }, 'media-worker takes jobs'));

closeWithGrace({ delay: GRACE_MS, logger: log }, async ({ err, signal }) => {
  stopping = true;
  if (err) log.fatal({ err }, 'stopping');
  else log.info({ signal }, 'stopping');
  health.close();
  await consumer.stop();
  await relay.stop();
  await broker.close();
  await pool.end();
});

import { createServer } from 'node:http';
import type { ConsumeMessage } from 'amqplib';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { connectBroker } from './broker.ts';
import { Consumer } from './consumer.ts';
import { createPool } from './db.ts';
import { serviceUrl, wholeNumber } from './env.ts';
import { attemptsOf, jobIdOf, Permanent } from './message.ts';
import { processJob, recordFailure } from './process-job.ts';
import { createRenderer } from './renderer.ts';
import { declareRetryQueues, isLast, retryOrBury } from './retries.ts';
import { Sender } from './sender.ts';

const GRACE_MS = wholeNumber('SHUTDOWN_GRACE_MS', 10_000);

const log = pino({ name: 'media-worker' });
const pool = createPool(process.env['DATABASE_URL'], log);
const render = createRenderer(serviceUrl('RENDERER_URL', 'http://127.0.0.1:9000'));

let stopping = false;

const broker = await connectBroker(log);
broker.on('close', () => {
  if (!stopping) giveUp(new Error('the broker is gone'));
});
const consumer = await Consumer.start(
  broker,
  async (channel) => {
    await declareRetryQueues(channel);
    const sender = new Sender(channel);
    return (message) => settle(sender, message);
  },
  giveUp,
  log,
);

async function settle(sender: Sender, message: ConsumeMessage): Promise<void> {
  const attempts = attemptsOf(message) + 1;
  let jobId: string | undefined;
  try {
    jobId = jobIdOf(message);
    await processJob({ pool, render }, jobId, attempts);
  } catch (reason) {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    log.warn({ err: error, jobId, attempts }, 'a job failed');
    const failure = { attempts, error, final: isLast(attempts, error) };
    if (jobId !== undefined && !(error instanceof Permanent)) {
      // Another delivery has done the job meanwhile: nothing has failed.
      if (!(await recordFailure(pool, jobId, failure))) return;
    }
    await retryOrBury(sender, message, attempts, error);
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
  await broker.close();
  await pool.end();
});

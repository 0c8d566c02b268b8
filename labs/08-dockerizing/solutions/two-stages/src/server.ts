import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { createPool } from './db.ts';
import { Readiness } from './health.ts';

/** How long load balancers may take to see that this replica is no longer ready, in milliseconds. */
const NOTICE_MS = 1_500;

const log = pino({ name: 'labels-api' });
const pool = createPool(process.env['DATABASE_URL'], log);
const readiness = new Readiness(pool);
const server = createServer(createApp({ pool, log, readiness }));

const port = Number(process.env['PORT'] ?? 3000);
server.listen(port, () => log.info({ port }, 'listening'));

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop(signal));

/** Says no to new work, finishes the old, and ends. */
async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  readiness.stop();
  await sleep(NOTICE_MS);
  await new Promise((done) => server.close(done));
  await pool.end();
  process.exitCode = 0;
}

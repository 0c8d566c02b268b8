import { once } from 'node:events';
import { createServer } from 'node:http';
import { pool } from '../db.ts';
import { log } from '../log.ts';
import { createApp } from './app.ts';
import { consume, createConsumer } from './consumer.ts';
import { admin, producer } from './kafka.ts';
import { ensureTopics } from './topics.ts';

await Promise.all([admin.connect(), producer.connect()]);
await ensureTopics();
const consumer = createConsumer();
const server = createServer(createApp());

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8080);
server.listen(port, host, () => log.info({ host, port }, 'billing-projector listens'));

async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  const closed = once(server, 'close');
  server.close();
  // Ends what is under way, commits it, and leaves the group, so that nobody waits for a time-out.
  await consumer.disconnect();
  await closed;
  await Promise.all([admin.disconnect(), producer.disconnect()]);
  await pool.end();
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, (name: string) => void stop(name));

await consume(consumer);

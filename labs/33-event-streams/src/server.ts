import { once } from 'node:events';
import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { createPool } from './db.ts';
import { createApp } from './app.ts';
import { consume, createConsumer } from './consumer.ts';
import { createKafka, createProducer } from './kafka.ts';
import { createStorage } from './storage.ts';
import { ensureTopics } from './topics.ts';

const log = pino({ name: 'billing-projector' });
const pool = createPool(process.env['DATABASE_URL'], log);
const sizeOf = createStorage(process.env['STORAGE_URL'] ?? 'http://127.0.0.1:9000');
const kafka = createKafka(log);
const producer = createProducer(kafka);
const admin = kafka.admin();
const deps = { pool, kafka, producer, admin, sizeOf, log };

await admin.connect();
await producer.connect();
await ensureTopics(admin);
const consumer = createConsumer(kafka);
const server = createServer(createApp(deps));

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8080);
server.listen(port, host, () => log.info(server.address(), 'billing-projector listens'));

closeWithGrace({ logger: log }, async ({ err, signal }) => {
  if (err) log.fatal({ err }, 'stopping');
  else log.info({ signal }, 'stopping');
  const closed = once(server, 'close');
  server.close();
  // Finishes what is in flight, commits it, and leaves the group: the others need not wait for a
  // timeout.
  await consumer.disconnect();
  await closed;
  await admin.disconnect();
  await producer.disconnect();
  await pool.end();
});

await consume(consumer, deps);

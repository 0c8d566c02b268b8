import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createKafka, createProducer, TOPIC } from '../kafka.ts';

const log = pino({ name: 'night' });
const AT = '2026-10-27T23:10:00Z';

/** What the senders wrote in the night of the 27th, half an event among it. */
const RECORDS = [
  ['orbit', { id: 'n-1', type: 'file.stored', bytes: 1_000 }],
  ['orbit', { id: 'n-2', type: 'plan.changed', plan: 'pro' }],
  ['orbit', { id: 'n-3', type: 'file.stored', object: 'o-77' }],
  ['acme', { id: 'n-4', type: 'file.stored', bytes: 500 }],
  ['acme', '{"id": "n-5", "type": "file.sto'],
  ['acme', { id: 'n-6', type: 'file.stored', bytes: 700 }],
] as const;

const messages = RECORDS.map(([accountId, event]) => ({
  key: accountId,
  value: typeof event === 'string' ? event : JSON.stringify({ ...event, accountId, at: AT }),
}));

// A stand-in for the storage: every object has 7,000 bytes.
const port = Number(process.env['STORAGE_PORT'] ?? 9000);
createServer((_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(JSON.stringify({ bytes: 7_000 }));
}).listen(port, '127.0.0.1', () => log.info({ port }, 'the storage listens'));

const kafka = createKafka(log);
const [admin, producer] = [kafka.admin(), createProducer(kafka)];
await Promise.all([admin.connect(), producer.connect()]);
// The projector makes the topic when it starts. Before its partitions have leaders, a send would be
// retried as a whole, and some of the events would be on the topic twice.
while (!(await admin.fetchTopicOffsets(TOPIC).catch(() => undefined))) await sleep(100);
await producer.send({ topic: TOPIC, messages });
await Promise.all([admin.disconnect(), producer.disconnect()]);
log.info({ records: messages.length }, 'the events of the night are on the topic');

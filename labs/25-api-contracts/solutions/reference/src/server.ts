import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { Carrier } from './carrier.ts';
import { createClock } from './clock.ts';
import { createPool } from './db.ts';
import { readDocument } from './document.ts';

const log = pino({ name: 'parcel-api' });
const pool = createPool(process.env['DATABASE_URL'], log);
const carrier = new Carrier(process.env['CARRIER_URL']);
const clock = createClock(process.env['CLOCK']);
const file = process.env['OPENAPI_FILE'] ?? join(import.meta.dirname, '../openapi.json');
const document = await readDocument(file);
const server = createServer(
  createApp({
    pool,
    log,
    carrier,
    clock,
    document,
    checkAnswers: process.env['CHECK_ANSWERS'] === 'on',
    providerStates: process.env['PROVIDER_STATES'] === 'on',
  }),
);

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 3000);
server.listen(port, host, () => log.info({ host, port }, 'listening'));

closeWithGrace({ logger: log }, async ({ err, signal }) => {
  if (err) log.fatal({ err }, 'stopping');
  else log.info({ signal }, 'stopping');
  // Waits for the requests in flight. Idle keep-alive connections are closed immediately.
  server.close();
  await once(server, 'close');
  await pool.end();
});

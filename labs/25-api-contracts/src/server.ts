import { once } from 'node:events';
import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { Carrier } from './carrier.ts';
import { createClock } from './clock.ts';
import { createPool } from './db.ts';

const log = pino({ name: 'parcel-api' });
const pool = createPool(process.env['DATABASE_URL'], log);
const carrier = new Carrier(process.env['CARRIER_URL']);
const clock = createClock(process.env['CLOCK']);
const server = createServer(createApp({ pool, log, carrier, clock }));

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

import { once } from 'node:events';
import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { createPool } from './db.ts';

const log = pino({ name: 'labels-api' });
const pool = createPool(process.env['DATABASE_URL'], log);
const server = createServer(createApp({ pool, log }));

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 3000);
server.listen(port, host, () => log.info({ host, port }, 'listening'));

closeWithGrace({ logger: log }, async ({ err, signal }) => {
  if (err) log.fatal({ err }, 'stopping');
  else log.info({ signal }, 'stopping');
  // New connections are refused from here on, those of readiness checks too. Waits for the requests
  // in flight.
  server.close();
  await once(server, 'close');
  await pool.end();
});

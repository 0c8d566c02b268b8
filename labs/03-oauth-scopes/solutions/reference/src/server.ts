import { once } from 'node:events';
import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { createPool } from './db.ts';
import { Introspection } from './introspection.ts';
import { Keys } from './keys.ts';
import { readSettings } from './settings.ts';

const log = pino({ name: 'billing-api' });
const settings = readSettings(process.env);
const pool = createPool(process.env['DATABASE_URL'], log);
const keys = new Keys(settings);
const introspection = new Introspection(settings);
const server = createServer(createApp({ pool, keys, introspection, settings, log }));

const { host, port } = settings;
server.listen(port, host, () => log.info({ host, port }, 'listening'));

closeWithGrace({ logger: log }, async ({ err, signal }) => {
  if (err) log.fatal({ err }, 'stopping');
  else log.info({ signal }, 'stopping');
  // Waits for the requests in flight. Idle keep-alive connections are closed immediately.
  server.close();
  await once(server, 'close');
  await pool.end();
});

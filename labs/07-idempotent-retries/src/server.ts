import { once } from 'node:events';
import { createServer } from 'node:http';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { createPool } from './db.ts';
import { createProvider } from './provider.ts';
import { createRandom } from './random.ts';
import { readSettings } from './settings.ts';

const log = pino({ name: 'payments-api' });
const settings = readSettings(process.env);
const pool = createPool(settings.databaseUrl, log);
const provider = createProvider(settings, createRandom(process.env['RETRY_RANDOM']));
const server = createServer(createApp({ pool, provider, settings, log }));

const { host, port } = settings;
server.listen(port, host, () => log.info({ host, port }, 'listening'));

async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  // Waits for the answers still under way; idle keep-alive connections are closed at once.
  server.close();
  await once(server, 'close');
  await pool.end();
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, (name: string) => void stop(name));

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createApp } from './app.ts';
import { connectBrokerForGood } from './broker.ts';
import { pool } from './db.ts';
import { log } from './log.ts';
import { Publisher } from './publisher.ts';

const publisher = new Publisher();
const broker = await connectBrokerForGood((connection) => publisher.connected(connection));
const server = createServer(createApp({ pool, publisher, log }));

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8080);
server.listen(port, host, () => log.info({ host, port }, 'media-api listens'));

async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  // Waits for the answers still under way; idle keep-alive connections are closed at once.
  server.close();
  await once(server, 'close');
  await broker.close();
  await pool.end();
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, (name: string) => void stop(name));

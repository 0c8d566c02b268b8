import { once } from 'node:events';
import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { connectBroker } from './broker.ts';
import { createPool } from './db.ts';
import { Publisher } from './publisher.ts';
import { log } from './log.ts';
import { stopTelemetry } from './otel.ts';

const pool = createPool(process.env['DATABASE_URL'], log);
const broker = await connectBroker(log);
const server = createServer(createApp({ pool, publisher: await Publisher.open(broker) }));

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8080);
server.listen(port, host, () => log.info('listening'));

closeWithGrace({ logger: log }, async ({ err }) => {
  if (err) log.fatal({ err }, 'stopping');
  else log.info('stopping');
  // Waits for the requests in flight. Idle keep-alive connections are closed immediately.
  server.close();
  await once(server, 'close');
  await broker.close().catch(() => {});
  await pool.end();
  await stopTelemetry();
});

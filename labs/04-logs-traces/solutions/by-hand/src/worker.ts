// First: it patches what the others load.
import { stopTelemetry } from './otel.ts';
import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { connectBroker } from './broker.ts';
import { consume } from './consumer.ts';
import { createPool } from './db.ts';
import { fulfil } from './fulfil.ts';
import { log } from './log.ts';

const pool = createPool(process.env['DATABASE_URL'], log);
const broker = await connectBroker(log);
await consume(broker, (message) => fulfil(pool, message));

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8081);
// For `/healthz`. It answers 200 as long as the process can.
const health = createServer((_req, res) => {
  res.end();
});
health.listen(port, host, () => log.info('listening'));

closeWithGrace({ logger: log }, async ({ err }) => {
  if (err) log.fatal({ err }, 'stopping');
  else log.info('stopping');
  // Messages that were not acknowledged go back to the queue.
  await broker.close().catch(() => {});
  await pool.end();
  await stopTelemetry();
});

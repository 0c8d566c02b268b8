import { createServer } from 'node:http';
import { pino } from 'pino';
import { connectBroker } from './broker.ts';
import { consume } from './consumer.ts';
import { createPool } from './db.ts';
import { serviceUrl } from './env.ts';
import { processJob } from './process-job.ts';
import { createRenderer } from './renderer.ts';

const log = pino({ name: 'media-worker' });
const pool = createPool(process.env['DATABASE_URL'], log);
const render = createRenderer(serviceUrl('RENDERER_URL', 'http://127.0.0.1:9000'));

const broker = await connectBroker(log);
broker.on('close', () => {
  log.error('the broker is gone');
  process.exit(1);
});
const handle = (jobId: string): Promise<void> => processJob({ pool, render }, jobId);
await consume(await broker.createChannel(), handle, log);

// TODO(task 4): SIGTERM, SHUTDOWN_GRACE_MS.

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8081);
const health = createServer((req, res) => {
  res.writeHead(req.url === '/healthz' ? 200 : 404).end();
});
health.listen(port, host, () => log.info({ host, port }, 'media-worker takes jobs'));

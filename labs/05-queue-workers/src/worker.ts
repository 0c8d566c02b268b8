import { createServer } from 'node:http';
import { connectBroker } from './broker.ts';
import { consume } from './consumer.ts';
import { pool } from './db.ts';
import { log } from './log.ts';
import { processJob } from './process-job.ts';

const broker = await connectBroker();
broker.on('close', () => {
  log.error('the broker is gone');
  process.exit(1);
});
await consume(await broker.createChannel(), (jobId) => processJob(pool, jobId));

// TODO(task 5): SIGTERM, SHUTDOWN_GRACE_MS.

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8081);
const health = createServer((req, res) => {
  res.writeHead(req.url === '/healthz' ? 200 : 404).end();
});
health.listen(port, host, () => log.info({ host, port }, 'media-worker takes jobs'));

import { createServer } from 'node:http';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { createPool } from './db.ts';

const log = pino({ name: 'labels-api' }, pino.destination({ dest: 'logs/app.log', mkdir: true }));
const pool = createPool(process.env['DATABASE_URL'], log);
const server = createServer(createApp({ pool, log }));

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 3000);
server.listen(port, host, () => log.info({ host, port }, 'listening'));

process.on('SIGTERM', () => {
  log.info('stopping');
  process.exit(0);
});

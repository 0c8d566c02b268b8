import pg from 'pg';
import { pino } from 'pino';
import { createApp } from './app.ts';

const log = pino({ base: null });
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 5 });
pool.on('error', (error) => log.error(error, 'an idle connection broke'));

const server = createApp(pool, log).listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1', () =>
  log.info({ address: server.address() }, 'listening'),
);

process.once('SIGTERM', () => {
  server.close(() => void pool.end());
});

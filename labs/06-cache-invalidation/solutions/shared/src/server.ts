import { once } from 'node:events';
import { createServer } from 'node:http';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { Cache } from './cache.ts';
import { createPool } from './db.ts';
import { createRedis } from './redis.ts';
import { readSettings } from './settings.ts';

const log = pino({ name: 'catalog' });
const settings = readSettings(process.env);
const pool = createPool(settings.databaseUrl, log);
const redis = createRedis(settings.redisUrl, settings.redisBudgetMs, log);
const cache = new Cache(redis, pool);
const server = createServer(createApp({ pool, cache, log }));

await cache.connect();
const { host, port } = settings;
server.listen(port, host, () => log.info(server.address(), 'listening'));

closeWithGrace({ logger: log }, async () => {
  // Waits for the requests in flight. Idle keep-alive connections are closed immediately.
  server.close();
  await once(server, 'close');
  redis.disconnect();
  await pool.end();
});

import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** The connection to Redis. It reconnects by itself. */
export function createRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url);
  redis.on('error', (error) => log.warn({ err: error }, 'redis'));
  return redis;
}

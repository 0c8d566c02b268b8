import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** The most commands that one request waits for, one after the other. */
const COMMANDS = 3;

/**
 * The connection to Redis, for work that can go on without it: a command fails right away while
 * there is no connection, and when it has no reply within its share of the budget.
 *
 * @param budgetMs milliseconds that one request may wait for all of its commands.
 */
export function createRedis(url: string, budgetMs: number, log: Logger): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    commandTimeout: budgetMs / COMMANDS,
    enableOfflineQueue: false,
  });
  redis.on('error', (error) => log.warn({ err: error }, 'redis'));
  return redis;
}

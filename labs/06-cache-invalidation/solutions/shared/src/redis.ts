import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** The most commands that one request waits for, one after the other. */
const COMMANDS = 3;
const RECONNECT_MS = 250;
const CONNECT_MS = 1_000;

/**
 * The connection to Redis, for work that can go on without it: a command fails right away while
 * there is no connection, and when it has no reply within its share of the budget.
 *
 * @param budgetMs milliseconds that one request may wait for all of its commands.
 */
export function createRedis(url: string, budgetMs: number, log: Logger): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: Math.max(1, Math.floor(budgetMs / COMMANDS)),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // A command whose reply was lost is the caller's to repeat.
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => RECONNECT_MS,
  });
  redis.on('error', (error) => log.warn({ err: error }, 'redis'));
  return redis;
}

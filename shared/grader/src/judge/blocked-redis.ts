import {
  openStack,
  ping,
  type ServerAddress,
  StackError,
  type StackOptions,
} from '@backend-labs/stack';
import { Redis } from 'ioredis';

/** Milliseconds. Redis says nothing for 5 s while a script runs, and after that answers BUSY. */
const ANSWERS_WITHIN = 12_000;
const HEARS_WITHIN = 5_000;
/** Microseconds. A run takes a server that is silent for 2 s for broken. No command of a lab takes 10 ms. */
const LONG_US = 1_000_000;

/** What a Redis answers, or does not, while a script holds it. A Redis that has ended refuses the connection. */
const HELD = /Redis says (?<busy>BUSY .*)|(?<silent>no answer within \d+ ms)/u;

/**
 * What this Redis did that shows that a script holds it, such as `gave no answer within 12000 ms`.
 * Undefined: it works, or it has ended.
 */
export async function blockage(address: ServerAddress): Promise<string | undefined> {
  try {
    await ping(address, ANSWERS_WITHIN);
    return undefined;
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    const { busy, silent } = HELD.exec(error.message)?.groups ?? {};
    if (busy !== undefined) return `answered "${busy}"`;
    return silent && `gave ${silent}`;
  }
}

/**
 * Ends the script that holds this Redis. If the script has written something, it cannot be ended: then
 * Redis itself is ended, unless it is a person's own. A Redis that hears nothing stays as it is.
 */
export async function endScript(address: ServerAddress): Promise<void> {
  await ask(address, async (redis) => {
    await redis.script('KILL').catch(async () => {
      if (address.provision !== 'url') await redis.shutdown('NOSAVE');
    });
  });
}

/** From now on this Redis records each command that holds it for long. */
export async function recordSlow(address: ServerAddress): Promise<void> {
  await ask(address, async (redis) => {
    await redis.config('SET', 'slowlog-log-slower-than', LONG_US);
    await redis.slowlog('RESET');
  });
}

/** A recorded command, such as `ran EVAL for 3.2 s`. A service cannot empty the record. */
export async function slowest(address: ServerAddress): Promise<string | undefined> {
  const entries = await ask(address, (redis) => redis.slowlog('GET', 1));
  const [entry] = Array.isArray(entries) ? entries : [];
  if (!Array.isArray(entry)) return undefined;
  const [, , microseconds, [command]] = entry as [number, number, number, string[]];
  return `ran ${command?.toUpperCase()} for ${(microseconds / 1e6).toFixed(1)} s`;
}

/** Frees a Redis that others use as well. If its script cannot be ended, another Redis takes its place. */
export async function freeShared(address: ServerAddress, options: StackOptions): Promise<void> {
  await endScript(address);
  await openStack([address.name], options);
}

/** Undefined: it has ended, or it hears nothing. */
async function ask<T>(
  { url }: ServerAddress,
  question: (redis: Redis) => Promise<T>,
): Promise<T | undefined> {
  const redis = new Redis(url, {
    lazyConnect: true,
    // The check is INFO, which a held Redis refuses.
    enableReadyCheck: false,
    commandTimeout: HEARS_WITHIN,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await question(redis);
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { reason, ServerUnavailable, StackError } from '../../errors.ts';
import { ownerTag } from '../../owner.ts';
import type { ServerAddress } from '../../types.ts';
import type { LeasePart, Leases } from '../leases.ts';
import type { RedisLease } from './types.ts';
import { dropUser, makeUser } from './user.ts';

const CLAIM = 'labs:db:';
/** How long a run waits for one of the logical databases when all are in use. */
const WAIT_MS = 30_000;

/**
 * Logical databases of one server. Database 0 is never leased: it is what people look at.
 *
 * A claim is a connection whose name contains the database's number. Redis itself keeps the list of
 * connections, so a claim cannot outlive its process, needs no file and no clock, works across
 * machines, and survives a FLUSHALL of a person's. A claimant sets its name first, then lists all names,
 * and withdraws if another has the same number. Of two claimants the later one always sees the
 * earlier, so never do both keep the claim.
 */
export class RedisLeases implements Leases {
  readonly #address: ServerAddress;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  async lease(): Promise<LeasePart> {
    const client = this.#connect();
    try {
      await client.connect();
      const db = await claim(client);
      await client.select(db);
      await client.flushdb();
      const user = await makeUser(client, db);
      const url = new URL(this.#address.url);
      url.pathname = `/${db}`;
      if (user) {
        url.username = user.name;
        url.password = user.password;
      }
      const part: RedisLease = { url: url.href, db };
      return {
        part,
        env: { REDIS_URL: url.href },
        release: () => release(client, db),
      };
    } catch (error) {
      client.disconnect();
      throw asStackError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Each lease has its own connection and ends it.
  }

  #connect(): Redis {
    const client = new Redis(this.#address.url, {
      lazyConnect: true,
      connectTimeout: 5000,
      maxRetriesPerRequest: 1,
      // A claim ends with its connection. Reconnecting under the old number could take the database
      // from its new holder.
      retryStrategy: () => null,
    });
    client.on('error', () => {});
    return client;
  }
}

async function claim(client: Redis): Promise<number> {
  const count = await databases(client);
  const owner = await ownerTag();
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    // In random order: two claimants in step would withdraw for each other at every number.
    for (const db of shuffled(count - 1)) {
      if (await tryClaim(client, db, owner)) return db;
    }
    if (performance.now() > deadline) throw exhausted(count);
    await sleep(50 + Math.random() * 100);
  }
}

async function tryClaim(client: Redis, db: number, owner: string): Promise<boolean> {
  if ((await claims(client, db)) > 0) return false;
  await client.client('SETNAME', `${CLAIM}${db}:${owner}`);
  if ((await claims(client, db)) === 1) return true;
  await client.client('SETNAME', '');
  return false;
}

/** How many connections claim `db`. */
async function claims(client: Redis, db: number): Promise<number> {
  const list = String(await client.client('LIST'));
  return list.split('\n').filter((line) => line.includes(` name=${CLAIM}${db}:`)).length;
}

/** 1 to `count` in random order. */
function shuffled(count: number): number[] {
  const drawn = Array.from({ length: count }, (_, index) => ({ db: index + 1, at: Math.random() }));
  return drawn.toSorted((one, other) => one.at - other.at).map(({ db }) => db);
}

async function databases(client: Redis): Promise<number> {
  try {
    const answer: unknown = await client.config('GET', 'databases');
    return Array.isArray(answer) ? Number(answer[1]) : 16;
  } catch {
    // Hosted servers forbid CONFIG; all have at least the default number.
    return 16;
  }
}

async function release(client: Redis, db: number): Promise<void> {
  try {
    await dropUser(client, db);
    await client.flushdb();
  } catch (error) {
    throw asStackError(error);
  } finally {
    client.disconnect();
  }
}

function exhausted(count: number): StackError {
  return new StackError(
    'LEASE_FAILED',
    `all ${count - 1} logical databases of redis were in use for ${WAIT_MS / 1000} s`,
    'end other runs, or raise `databases` in infra/redis/redis.conf',
  );
}

function asStackError(error: unknown): StackError {
  if (error instanceof StackError) return error;
  return new ServerUnavailable(
    'SERVER_BROKEN',
    'redis',
    `redis could not lease a database: ${reason(error)}`,
    'run `npm run labs -- stack status`',
    error,
  );
}

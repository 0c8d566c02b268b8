import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Pool, PoolClient } from 'pg';
import { HttpError } from './errors.ts';
import { FILL, LOOK_UP } from './scripts.ts';
import { SingleFlight } from './single-flight.ts';
import { transaction } from './transaction.ts';

const VALUE_MS = 3_600_000;
/** Longer than any transaction of this service may take; see `write`. */
const WRITING_MS = 30_000;

export const productTag = (id: number): string => `product:${id}`;
export const categoryTag = (id: number): string => `category:${id}`;

/** A value belongs to a tag: a write that touches the tag makes it old. */
export interface Entry {
  readonly tag: string;
  /** Tells apart the values of one tag. */
  readonly name: string;
}

/** `{ value }`: kept. `{ lease }`: to be loaded, and kept under this lease. Neither: being written. */
interface Found {
  readonly value?: string;
  readonly lease?: string;
}

export type Touch = (tags: readonly string[]) => Promise<void>;

/**
 * All values of a tag are fields of one hash, beside a lease. A reader that loads a value may keep it only if
 * the hash still has the lease of before the load. A write deletes the hash, and the lease with it, and
 * marks the tag as being written until it is committed, so nothing is kept in the meantime.
 */
export class Cache {
  readonly #redis: Redis;
  readonly #pool: Pool;
  readonly #flights = new SingleFlight();

  constructor(redis: Redis, pool: Pool) {
    this.#redis = redis;
    this.#pool = pool;
  }

  /** Begins to use Redis. If Redis is down, that happens later. */
  async connect(): Promise<void> {
    await this.#redis.connect().catch(() => {});
  }

  /** The kept value, or what `load` answers. Without Redis, always the latter. */
  async read<T>(entry: Entry, load: () => Promise<T>): Promise<T> {
    const { value, lease } = await this.#lookUp(entry).catch((): Found => ({}));
    if (value !== undefined) return JSON.parse(value) as T;
    if (lease === undefined) return load();
    return this.#flights.share(`${entry.tag} ${entry.name} ${lease}`, async () => {
      const loaded = await load();
      await this.#fill(entry, lease, JSON.stringify(loaded)).catch(() => {});
      return loaded;
    });
  }

  /**
   * A transaction. `touch` names the tags whose values it makes old, before the commit. It is refused
   * while Redis does not take the mark.
   */
  async write<T>(work: (client: PoolClient, touch: Touch) => Promise<T>): Promise<T> {
    const writer = randomUUID();
    const touched: string[] = [];
    try {
      return await transaction(this.#pool, async (client) => {
        // The mark in Redis ends by itself, in case this process dies. The transaction must end first.
        await client.query(`SET LOCAL transaction_timeout = ${WRITING_MS / 2}`);
        return work(client, async (tags) => {
          touched.push(...tags);
          await this.#mark(tags, writer);
        });
      });
    } finally {
      // If that fails, the marks end later. Until then nothing is kept, and nothing is old.
      await this.#unmark(touched, writer).catch(() => {});
    }
  }

  async #lookUp({ tag, name }: Entry): Promise<Found> {
    const answer = await this.#redis.eval(LOOK_UP, 2, tag, writersOf(tag), name, randomUUID());
    const [value, lease] = answer as [string | null, string | null];
    return { ...(value !== null && { value }), ...(lease !== null && { lease }) };
  }

  async #fill({ tag, name }: Entry, lease: string, value: string): Promise<void> {
    await this.#redis.eval(FILL, 2, tag, writersOf(tag), name, lease, value, VALUE_MS);
  }

  async #mark(tags: readonly string[], writer: string): Promise<void> {
    const commands = this.#redis.multi();
    for (const tag of tags) {
      commands.sadd(writersOf(tag), writer);
      commands.pexpire(writersOf(tag), WRITING_MS);
      commands.unlink(tag);
    }
    await commands.exec().catch((cause: unknown) => {
      throw new HttpError(503, `the cache does not take the mark: ${String(cause)}`);
    });
  }

  async #unmark(tags: readonly string[], writer: string): Promise<void> {
    if (tags.length === 0) return;
    const commands = this.#redis.multi();
    for (const tag of tags) {
      commands.unlink(tag);
      commands.srem(writersOf(tag), writer);
    }
    await commands.exec();
  }
}

function writersOf(tag: string): string {
  return `${tag}:writers`;
}

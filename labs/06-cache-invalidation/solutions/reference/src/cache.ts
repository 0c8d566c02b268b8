import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Pool, PoolClient } from 'pg';
import { type Note, OpenInvalidations } from './open-invalidations.ts';
import { SingleFlight } from './single-flight.ts';
import { transaction } from './transaction.ts';

const VALUE_S = 3_600;
/** Longer than any value: a value whose tag is gone counts as missing. */
const TAG_S = 2 * VALUE_S;

export const productTag = (id: number): string => `product:${id}`;
export const categoryTag = (id: number): string => `category:${id}`;

/** A value belongs to a tag: a write that touches the tag makes it old. */
export interface Entry {
  readonly tag: string;
  /** Tells apart the values of one tag. */
  readonly name: string;
}

interface Kept {
  readonly version: string;
  readonly value: unknown;
}

export type Touch = (tags: readonly string[]) => Promise<void>;

/**
 * Values in Redis, each with the version that its tag had before the value was loaded. A value counts
 * only while the tag still has that version. A write gives its tags new versions after its commit.
 */
export class Cache {
  readonly #redis: Redis;
  readonly #pool: Pool;
  readonly #open: OpenInvalidations;
  readonly #flights = new SingleFlight();

  constructor(redis: Redis, pool: Pool) {
    this.#redis = redis;
    this.#pool = pool;
    this.#open = new OpenInvalidations(pool, (tags) => this.#renew(tags));
  }

  /** Begins to use Redis. If Redis is down, that happens later. */
  async connect(): Promise<void> {
    await this.#redis.connect().catch(() => {});
    void this.#open.keepSettling();
  }

  /** The kept value, or what `load` answers. Without Redis, always the latter. */
  async read<T>(entry: Entry, load: () => Promise<T>): Promise<T> {
    const version = await this.#lookUp(entry).catch(() => undefined);
    if (version === undefined) return load();
    if (typeof version !== 'string') return version.value as T;
    // Without the version, a request after a write would share a load from before it.
    return this.#flights.share(`${keyOf(entry)} ${version}`, async () => {
      const value = await load();
      const kept: Kept = { version, value };
      await this.#redis.set(keyOf(entry), JSON.stringify(kept), 'EX', VALUE_S).catch(() => {});
      return value;
    });
  }

  /** A transaction. `touch` names the tags whose values it makes old. */
  async write<T>(work: (client: PoolClient, touch: Touch) => Promise<T>): Promise<T> {
    const notes: Note[] = [];
    const result = await transaction(this.#pool, (client) =>
      work(client, async (tags) => {
        notes.push(...(await this.#open.note(client, tags)));
      }),
    );
    await this.#open.settle(notes).catch(() => {});
    return result;
  }

  /** The kept value if it is right. Otherwise the version for a new one. */
  async #lookUp(entry: Entry): Promise<Kept | string> {
    const [version, text] = await this.#redis.mget(entry.tag, keyOf(entry));
    if (typeof version !== 'string') return this.#firstVersion(entry.tag);
    const kept = typeof text === 'string' ? (JSON.parse(text) as Kept) : undefined;
    return kept?.version === version ? kept : version;
  }

  /** All instances get the version of the one that comes first. */
  async #firstVersion(tag: string): Promise<string> {
    const own = randomUUID();
    const other = await this.#redis.set(tag, own, 'EX', TAG_S, 'NX', 'GET');
    return other ?? own;
  }

  async #renew(tags: readonly string[]): Promise<void> {
    const commands = this.#redis.multi();
    for (const tag of tags) commands.set(tag, randomUUID(), 'EX', TAG_S);
    await commands.exec();
  }
}

function keyOf({ tag, name }: Entry): string {
  return `${tag}:${name}`;
}

import type { Redis } from 'ioredis';
import type { Pool, PoolClient } from 'pg';

const AGAIN_MS = 250;

/**
 * Invalidations that Redis has not taken yet. Each is noted in Postgres by the transaction that makes
 * it necessary, so it cannot be lost. An instance that has lost sight of Redis uses it again only
 * after it has done everything that is noted.
 */
export class OpenInvalidations {
  readonly #redis: Redis;
  readonly #pool: Pool;
  readonly #invalidate: (tags: readonly string[]) => Promise<void>;
  #none = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(redis: Redis, pool: Pool, invalidate: (tags: readonly string[]) => Promise<void>) {
    this.#redis = redis;
    this.#pool = pool;
    this.#invalidate = invalidate;
    redis.on('close', () => this.distrust());
  }

  /** Whether this instance may use what is in Redis. */
  get none(): boolean {
    return this.#none;
  }

  async connect(): Promise<void> {
    await this.#redis.connect().catch(() => {});
    await this.#settleAll();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Part of the writing transaction. Answers the ids of the notes. */
  async note(client: PoolClient, tags: readonly string[]): Promise<string[]> {
    const { rows } = await client.query<{ id: string }>(
      'INSERT INTO open_invalidations (tag) SELECT * FROM unnest($1::text[]) RETURNING id',
      [tags],
    );
    return rows.map(({ id }) => id);
  }

  /** After the commit. What Redis does not take now stays noted. */
  async settle(ids: readonly string[], tags: readonly string[]): Promise<void> {
    try {
      await this.#invalidate(tags);
    } catch {
      this.distrust();
      return;
    }
    await this.#forget(ids);
  }

  /** Redis is not used until everything that is noted has been done. */
  distrust(): void {
    this.#none = false;
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#settleAll();
    }, AGAIN_MS);
  }

  async #settleAll(): Promise<void> {
    try {
      // While Redis is down, Postgres is not asked.
      await this.#redis.ping();
      const { rows } = await this.#pool.query<{ id: string; tag: string }>(
        'SELECT id, tag FROM open_invalidations ORDER BY id',
      );
      if (rows.length > 0) {
        await this.#invalidate(rows.map(({ tag }) => tag));
        await this.#forget(rows.map(({ id }) => id));
      }
      this.#none = true;
    } catch {
      this.distrust();
    }
  }

  async #forget(ids: readonly string[]): Promise<void> {
    await this.#pool.query('DELETE FROM open_invalidations WHERE id = ANY($1::bigint[])', [ids]);
  }
}

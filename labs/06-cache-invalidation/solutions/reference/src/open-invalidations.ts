import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';

const EVERY_MS = 500;

export interface Note {
  readonly id: string;
  readonly tag: string;
}

/**
 * Invalidations that Redis has not taken yet. Each is noted in Postgres by the transaction that makes
 * it necessary, so no crash can lose it. Every instance does what it finds noted by any of them.
 */
export class OpenInvalidations {
  readonly #pool: Pool;
  readonly #invalidate: (tags: readonly string[]) => Promise<void>;

  constructor(pool: Pool, invalidate: (tags: readonly string[]) => Promise<void>) {
    this.#pool = pool;
    this.#invalidate = invalidate;
  }

  /** Part of the writing transaction. */
  async note(client: PoolClient, tags: readonly string[]): Promise<Note[]> {
    const { rows } = await client.query<Note>(
      'INSERT INTO open_invalidations (tag) SELECT * FROM unnest($1::text[]) RETURNING id, tag',
      [tags],
    );
    return rows;
  }

  /** After the commit. Throws if Redis does not take them; then they stay noted. */
  async settle(notes: readonly Note[]): Promise<void> {
    await this.#invalidate(notes.map(({ tag }) => tag));
    await this.#pool.query('DELETE FROM open_invalidations WHERE id = ANY($1::bigint[])', [
      notes.map(({ id }) => id),
    ]);
  }

  /** Settles what any instance has left behind, as long as this one runs. */
  async keepSettling(): Promise<never> {
    for (;;) {
      await sleep(EVERY_MS);
      await this.#settleAll().catch(() => {});
    }
  }

  async #settleAll(): Promise<void> {
    const { rows } = await this.#pool.query<Note>('SELECT id, tag FROM open_invalidations');
    await this.settle(rows);
  }
}

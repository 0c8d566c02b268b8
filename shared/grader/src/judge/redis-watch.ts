import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerAddress } from '@backend-labs/stack';
import { blockage } from './blocked-redis.ts';

/** Milliseconds between two looks. */
const EVERY = 2_000;

/** Looks at a Redis until disposed, and each time that a script holds it calls `free`. */
export class RedisWatch implements AsyncDisposable {
  readonly #ended = new AbortController();
  readonly #watching: Promise<void>;

  /** @param free gets what shows the blockage. */
  constructor(address: ServerAddress, free: (observed: string) => Promise<void>) {
    this.#watching = this.#watch(address, free);
    // An error of `free` is thrown when the watch is disposed.
    this.#watching.catch(() => {});
  }

  async #watch(address: ServerAddress, free: (observed: string) => Promise<void>): Promise<void> {
    const { signal } = this.#ended;
    // A last look after the end: the submission may have blocked it just before.
    for (let isOver = false; !isOver;) {
      await sleep(EVERY, undefined, { signal }).catch(() => {});
      isOver = signal.aborted;
      const observed = await blockage(address);
      if (observed !== undefined) await free(observed);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#watching;
  }
}

import { createHash } from 'node:crypto';

/**
 * Draws data that the ticket does not print, from the run's seed: which tenant of a kind, which ids,
 * which order. The same seed and name draw the same. A verdict must not depend on what is drawn.
 */
export class Draw {
  readonly #seed: string;
  #drawn = 0;

  /** @param seed of the run. @param name tells the draws of one test from those of another. */
  constructor(seed: string, name: string) {
    this.#seed = `${seed}\0${name}`;
  }

  /** A whole number, `from` and `to` included; uniform. */
  int(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1));
  }

  /** One of the items. */
  pick<T>(items: readonly [T, ...T[]]): T;
  pick<T>(items: readonly T[]): T | undefined;
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.int(0, items.length - 1)];
  }

  /** All items, in a drawn order (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.flatMap(() => left.splice(this.int(0, left.length - 1), 1));
  }

  /** A text of `length` lower-case letters and digits, beginning with a letter. */
  word(length = 8): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    return Array.from({ length }, (_, at) => {
      const from = at === 0 ? letters : `${letters}0123456789`;
      return from[this.int(0, from.length - 1)];
    }).join('');
  }

  /** At least 0, below 1. */
  #next(): number {
    this.#drawn += 1;
    const digest = createHash('sha256').update(`${this.#seed}\0${this.#drawn}`).digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  }
}

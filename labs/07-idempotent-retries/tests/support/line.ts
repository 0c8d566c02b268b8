import {
  beforeStatement,
  type Gate,
  happens,
  type Cut,
  type PostgresProbe,
} from '@backend-labs/testkit';
import { reads, steers } from './sql.ts';

/** Outer bound; even on a busy machine two come within a second. */
const OVERLAP_WITHIN_MS = 5_000;

/** What happens to the service's statements on their way to Postgres. */
export class Line {
  /** Cuts the connection at that statement, from 1; 0 lets all pass. */
  #cutAt = 0;
  #seen = 0;
  /** Where writes wait. */
  #writes: Gate | undefined;
  /** Statements that read before the first write was let through. */
  looks: string[] = [];

  get cut(): boolean {
    return this.#cutAt > 0 && this.#seen >= this.#cutAt;
  }

  cutAt(statement: number): void {
    this.#cutAt = statement;
    this.#seen = 0;
  }

  holdWrites(writes: Gate): void {
    this.#writes = writes;
    this.looks = [];
  }

  readonly tap = () =>
    beforeStatement(async (sql): Promise<Cut> => {
      this.#seen += 1;
      if (this.#seen === this.#cutAt) return 'cut';
      const writes = this.#writes;
      if (!writes || writes.isOpen || steers(sql)) return undefined;
      if (reads(sql)) this.looks.push(sql);
      else await writes.arrive();
      return undefined;
    });
}

/**
 * Waits until two have come to the gate, or one waits for the lock of another, or `seen` says that
 * enough has happened: then they overlap.
 */
export async function overlapped(
  writes: Gate,
  postgres: PostgresProbe,
  seen: () => boolean = () => false,
): Promise<void> {
  // A service that works on one after the other lets nothing overlap, which is also right.
  await happens(
    async () =>
      writes.isOpen || seen() || (await postgres.locksHeld()).some(({ granted }) => !granted),
    { within: OVERLAP_WITHIN_MS },
  );
}

import type { RabbitMessage } from '@backend-labs/testkit';
import type { JobRow } from './media.ts';

/** In ms. In no order, and two of them alike, as they may be. */
export const DELAYS = [1_500, 20, 40, 40, 160];
export const TRIES = DELAYS.length + 1;
/** What comes in time comes within so many ms; the ticket's bound. */
export const WITHIN = 10_000;
/** Longer than any test, in ms. */
export const FOR_EVER = 600_000;
/** Longer than a message lies in the queue of an idle worker, shorter than the first delay. In ms. */
export const SENDERS_EXPIRATION = 1_000;
/** How long the first try of a job takes, by which a delay that is counted from its start is too short. In ms. */
export const FIRST_TRY_TAKES = 500;
/** What somebody else has counted. */
export const FOREIGN_ATTEMPTS = 4;
export const FOREIGN_DEATHS = 9;

/** What came of a job that always fails. */
export interface Life {
  readonly id: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** When each try began. */
  readonly begun: readonly number[];
  /** When each try failed. */
  readonly failed: readonly number[];
  /** Its messages in media.dead. */
  readonly dead: readonly RabbitMessage[];
  readonly row: JobRow | undefined;
}

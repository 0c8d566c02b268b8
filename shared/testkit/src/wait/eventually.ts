import { setTimeout as sleep } from 'node:timers/promises';
import { FailedAssertion } from '../errors.ts';
import { deadline, ms } from './deadline.ts';

export interface Patience {
  /** Milliseconds, 10,000 unless told. An outer bound, never what tells right from wrong. */
  readonly within?: number;
  /** Milliseconds between two looks, 20 unless told: more where a look is work for who is looked at. */
  readonly every?: number;
}

const EVERY_MS = 20;
const WITHIN_MS = 10_000;

/** What was waited for did not come. A failed assertion like any other. */
export class NeverHappened extends FailedAssertion {
  constructor(what: string, waited: number, seen: string) {
    super(`Waited ${ms(waited)} for ${what}; ${seen}.`);
  }
}

/** What a look must answer for the wait to be over. */
export type Found<T> = Exclude<T, false | null | undefined | 0 | ''>;

/**
 * Looks until `look` answers with something truthy and no assertion in it fails, and answers that.
 * `what` completes "Waited 10,000 ms for …". Errors other than failed assertions end the wait at once.
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  { within = WITHIN_MS, every = EVERY_MS }: Patience = {},
): Promise<Found<T>> {
  const begun = performance.now();
  for (let looks = 1; ; looks += 1) {
    let seen: string;
    try {
      const found = await look();
      if (found) return found as Found<T>;
      seen = `the last look saw ${String(found)}`;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'AssertionError') throw error;
      seen = `at the last look ${error.message}`;
    }
    if (performance.now() - begun >= within) {
      throw new NeverHappened(what, within, `looked ${looks} times, ${seen}`);
    }
    await sleep(every);
  }
}

/**
 * Whether `look` answers with something truthy in time, with no assertion in it failing: for what may
 * rightly not come. Says nothing when it does not; a test that needs it to come wants `eventually`.
 */
export async function happens(
  look: () => unknown,
  patience: Patience & { readonly within: number },
): Promise<boolean> {
  try {
    return Boolean(await eventually('it', look, patience));
  } catch (error) {
    if (error instanceof NeverHappened) return false;
    throw error;
  }
}

/** A promise that must settle in time: the announced sibling of `eventually`. */
export async function arrival<T>(
  what: string,
  coming: Promise<T>,
  { within = WITHIN_MS }: Patience = {},
  seen: () => string = () => 'it did not come',
): Promise<T> {
  return deadline(coming, within, () => new NeverHappened(what, within, seen()));
}

import type { Draw, Lease } from '@backend-labs/testkit';

/** Two different whole numbers from 1 to `to`. */
export function twoOf(draw: Draw, to: number): [number, number] {
  const first = draw.int(1, to);
  return [first, ((first - 1 + draw.int(1, to - 1)) % to) + 1];
}

/** The URL of a lease's database. */
export function urlOf({ postgres }: Lease): string {
  if (!postgres) throw new Error('a lease without the postgres that it asked for');
  return postgres.url;
}

/** One that must be there: a test that finds none is wrong. */
export function must<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('the test did not find what it needs');
  return found;
}

/** A number from 0 to 1, without the 1. */
export type Random = () => number;

/**
 * `Math.random`, or the numbers of a list such as `0.1,0.9` in turn, over and over. The list comes
 * from `RETRY_RANDOM`, so that a wait can be foretold.
 */
export function createRandom(list: string | undefined): Random {
  const numbers = list?.split(',').map(Number) ?? [];
  let next = 0;
  return () => numbers[next++ % numbers.length] ?? Math.random();
}

import { expect } from '@backend-labs/testkit';

/** Requires the same lines in the same order, and says in full where they first differ. */
export function expectLines(
  seen: readonly string[],
  expected: readonly string[],
  what: string,
): void {
  const at = Array.from({ length: Math.max(seen.length, expected.length) }).findIndex(
    (_, each) => seen[each] !== expected[each],
  );
  if (at === -1) return;
  const show = (lines: readonly string[]): string => lines[at] ?? 'missing';
  expect.fail(`${what}: number ${at + 1} must be\n  ${show(expected)}\nand is\n  ${show(seen)}`);
}

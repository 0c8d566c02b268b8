import { expect } from '@backend-labs/testkit';

/** A plain assertion that shows both sides whole, where vitest would shorten them to `{ …(2) }`. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [seen, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (seen !== right) expect.fail(`${what}: ${seen}, expected ${right}`);
}

import '@backend-labs/protocol/vitest';
import type { TestOptions } from 'vitest';

/**
 * Options of a test: the points of the ticket that it judges, and nothing beside them.
 *
 * ```ts
 * test('a page has as many items as `limit` asks for', judges('2.1'), async ({ service }) => { … });
 * ```
 */
export function judges(...points: readonly [string, ...string[]]): TestOptions {
  return { meta: { points: [...points] } };
}

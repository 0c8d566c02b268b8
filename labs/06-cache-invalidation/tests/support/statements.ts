import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresProbe } from '@backend-labs/testkit';

/** Longer than the pace of most work that a service does without being asked. */
const IDLE_MS = 1_500;

/**
 * Counts the statements that `work` costs. A statement that the service also sends while nobody asks
 * for anything, such as a poll, is not counted.
 */
export async function statementsOf<T>(
  postgres: PostgresProbe,
  work: () => T | Promise<T>,
): Promise<{ readonly result: T; readonly calls: number }> {
  const { result, calls, statements } = await postgres.measure(work);
  if (calls === 0) return { result, calls };
  const idle = await postgres.measure(() => sleep(IDLE_MS));
  const unasked = new Set(idle.statements.map(({ query }) => query));
  const polls = statements.filter(
    ({ query, command }) =>
      unasked.has(query) && /^(?:SELECT|WITH|INSERT|UPDATE|DELETE)$/u.test(command),
  );
  return { result, calls: calls - polls.reduce((sum, { calls: each }) => sum + each, 0) };
}

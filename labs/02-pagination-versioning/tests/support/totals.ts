import { expect, type PostgresProbe, thousands } from '@backend-labs/testkit';

/** How many events there are of which `condition` is true. */
export async function countOf(postgres: PostgresProbe, condition: string): Promise<number> {
  const [truth] = await postgres.query<{ events: number }>(
    `SELECT count(*)::int AS events FROM events WHERE ${condition}`,
  );
  return truth?.events ?? 0;
}

/** Asserts that a total is from half to twice the number of events that are there. */
export function expectClose(total: unknown, events: number, request: string): void {
  const close = typeof total === 'number' && total >= events / 2 && total <= events * 2;
  expect(
    close ? 'close' : total,
    `total of ${request}, which is to be from half to twice of the ${thousands(events)} that are there`,
  ).toBe('close');
}

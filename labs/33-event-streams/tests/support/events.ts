import { happens, type PostgresProbe } from '@backend-labs/testkit';

/** Long past, whenever the tests run. */
export const DAY = '2024-11-02';
export const DAY_AFTER = '2024-11-03';
/** What the storage double says of every object. */
export const OBJECT_BYTES = 7000;

export interface TestEvent {
  readonly id: string;
  readonly type: 'file.stored' | 'plan.changed';
  readonly accountId: string;
  readonly at: string;
  readonly bytes?: number;
  readonly object?: string;
  readonly plan?: string;
}

let made = 0;
const common = (accountId: string) => ({
  id: `e-${(made += 1)}`,
  accountId,
  at: `${DAY}T10:00:00.000Z`,
});

export function stored(accountId: string, size: number | string): TestEvent {
  const known = typeof size === 'number' ? { bytes: size } : { object: size };
  return { ...common(accountId), type: 'file.stored', ...known };
}

export function planChanged(accountId: string, plan: string): TestEvent {
  return { ...common(accountId), type: 'plan.changed', plan };
}

/** Records of some events, keyed by account, in a partition that the test chooses. */
export function records(partition: number, events: readonly TestEvent[]) {
  return events.map((value) => ({ key: value.accountId, value, partition }));
}

/** `acme 2026-11-02 pro 1200`, sorted: what the events of each account come to, in their order. */
export function golden(events: readonly TestEvent[]): string[] {
  const plans = new Map<string, string>();
  const sums = new Map<string, number>();
  for (const { accountId, at, plan, bytes = OBJECT_BYTES } of events) {
    if (plan === undefined) {
      const row = `${accountId} ${at.slice(0, 10)} ${plans.get(accountId) ?? 'free'}`;
      sums.set(row, (sums.get(row) ?? 0) + bytes);
    } else {
      plans.set(accountId, plan);
    }
  }
  return [...sums].map(([row, sum]) => `${row} ${sum}`).toSorted();
}

/** The same of the table `usage`, for the accounts that are named. */
export async function usage(postgres: PostgresProbe, ...accounts: string[]): Promise<string[]> {
  const rows = await postgres.query<{ row: string }>(
    `SELECT concat_ws(' ', account_id, day, plan, bytes) AS row
       FROM usage WHERE account_id = ANY ($1)`,
    [accounts],
  );
  return rows.map(({ row }) => row).toSorted();
}

/** Bytes of such rows, over all days and plans; of one account's, when it is named. */
export function bytesIn(rows: readonly string[], account?: string): number {
  return rows
    .filter((row) => account === undefined || row.startsWith(`${account} `))
    .reduce((sum, row) => sum + Number(row.split(' ').at(-1)), 0);
}

const SETTLES_WITHIN_MS = 5000;

/** `usage` of the accounts of some events when it says what they come to, or what it says instead. */
export async function settledUsage(
  postgres: PostgresProbe,
  events: readonly TestEvent[],
): Promise<string[]> {
  const expected = golden(events).join();
  const accounts = events.map(({ accountId }) => accountId);
  let actual: string[] = [];
  // The lag may be 0 a moment before the last event is applied, with offsets that are committed early.
  await happens(
    async () => {
      actual = await usage(postgres, ...accounts);
      return actual.join() === expected;
    },
    { within: SETTLES_WITHIN_MS },
  );
  return actual;
}

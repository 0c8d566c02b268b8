import { happens, lesson, type PostgresProbe } from '@backend-labs/testkit';

/** Outer bound of a COMMIT that comes after the answer: that is another mistake. */
const ENDS_WITHIN_MS = 1_000;

interface OpenTransaction {
  /** Its connection, and when that last did something. */
  readonly seen: string;
  /** Its last statement. */
  readonly query: string;
}

/** Transactions in which the service does nothing just now. */
export function openTransactions(postgres: PostgresProbe): Promise<OpenTransaction[]> {
  return postgres.query<OpenTransaction & object>(
    `SELECT pid || ' ' || state_change AS seen, query FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND state LIKE 'idle in transaction%'`,
  );
}

/** The service has answered, and a transaction of it is still open. */
export async function stillOpen(
  postgres: PostgresProbe,
  before: readonly OpenTransaction[] = [],
): Promise<void> {
  const known = new Set(before.map(({ seen }) => seen));
  const find = async () => (await openTransactions(postgres)).find(({ seen }) => !known.has(seen));
  const hasEnded = async () => (await find()) === undefined;
  if (await happens(hasEnded, { within: ENDS_WITHIN_MS })) return;
  const open = await find();
  if (!open) return;
  lesson('still-open', {
    observed: `The service has answered, and a transaction of it is still open. Its last statement was: ${open.query}`,
    meaning:
      'A transaction ends with COMMIT or ROLLBACK, and with nothing else. Until then, nobody else sees its changes, and the rows that it changed stay locked. A connection that goes back to the pool takes its open transaction along, and the next request goes on in the middle of it.',
    lookAt:
      'each way out of the handler, `throw` and `return` included: does it pass COMMIT or ROLLBACK?',
  });
}

import {
  eventually,
  lesson,
  type PgSession,
  type PostgresProbe,
  SqlError,
} from '@backend-labs/testkit';

/** One statement of another team's. */
export interface Write {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What became of a write: `written`, `refused: …`, or `not possible: …` where the view takes no writes. */
export type Outcome = string;

/** 22, 23: values and constraints. 40: given up for others. 44: a view's own check. P0: raised. */
const REFUSAL = /^(?:22|23|40|44|P0)/u;

const NO_WRITES = /^not possible: (?<why>cannot (?:insert into|update|delete from) .*view .*)/u;

/** Fails if no rule was checked, because the view takes no writes. */
export function viewTakesNone(view: string, ...outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    const why = NO_WRITES.exec(outcome)?.groups?.['why'];
    if (why === undefined) continue;
    lesson('view-takes-no-writes', {
      observed: `A write to ${view} failed before any rule was checked: ${why}.`,
      meaning:
        'Postgres can write through a view only if it knows which column of which row is meant. Here it does not, so right values fail like wrong ones.',
      lookAt: `what ${view} selects from. Postgres writes through a view of plain columns of one table. Any other view needs an INSTEAD OF trigger.`,
    });
  }
}

export const isRefused = (outcome: Outcome): boolean => outcome.startsWith('refused');

async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work();
    return 'written';
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const { message } = error.cause instanceof Error ? error.cause : error;
    return `${REFUSAL.test(error.code) ? 'refused' : 'not possible'}: ${message}`;
  }
}

/** The writes in one transaction of the role that all teams use. */
export async function transaction(postgres: PostgresProbe, ...writes: Write[]): Promise<Outcome> {
  await using session = await postgres.session('service');
  return await outcomeOf(async () => {
    await session.query('BEGIN');
    for (const { sql, values } of writes) await session.query(sql, values);
    await session.query('COMMIT');
  });
}

/**
 * Two transactions: the second writes while the first has written and is open. The first commits when
 * the second has got its answer or waits for the first.
 */
export async function twoTransactions(
  postgres: PostgresProbe,
  first: Write,
  second: Write,
): Promise<Outcome[]> {
  await using one = await postgres.session('service');
  await using other = await postgres.session('service');
  const pid = await pidOf(other);
  await one.query('BEGIN');
  await other.query('BEGIN');
  const early = await outcomeOf(() => one.query(first.sql, first.values));
  let answered = false;
  const late = outcomeOf(async () => other.query(second.sql, second.values)).finally(
    () => (answered = true),
  );
  // Awaited below: without this, an early failure would end the process.
  late.catch(() => {});
  await eventually(
    'a second transaction to write, or to wait for the first',
    async () => answered || (await waits(postgres, pid)),
  );
  return [await committed(one, early), await committed(other, await late)];
}

async function committed(session: PgSession, outcome: Outcome): Promise<Outcome> {
  if (outcome === 'written') return outcomeOf(() => session.query('COMMIT'));
  await session.query('ROLLBACK');
  return outcome;
}

async function pidOf(session: PgSession): Promise<number> {
  const [backend] = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return backend?.pid ?? 0;
}

async function waits(postgres: PostgresProbe, pid: number): Promise<boolean> {
  const [found] = await postgres.query<{ waits: boolean }>(
    'SELECT cardinality(pg_blocking_pids($1)) > 0 AS waits',
    [pid],
  );
  return found?.waits ?? false;
}

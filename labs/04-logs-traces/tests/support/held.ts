import { eventually, type PostgresProbe } from '@backend-labs/testkit';

export interface HeldTable extends AsyncDisposable {
  /** Resolves when `many` statements of the service wait for the table. */
  waiting(many: number): Promise<void>;
}

/** Keeps all statements of `checkouts` waiting until disposed. */
export async function holdCheckouts(postgres: PostgresProbe): Promise<HeldTable> {
  const session = await postgres.session('administrator');
  await session.query('BEGIN');
  await session.query('LOCK TABLE checkouts IN ACCESS EXCLUSIVE MODE');
  return {
    async waiting(many) {
      // Databases that are cloned from one template have the same numbers for their tables.
      await eventually(`${many} statements that wait for the table`, async () => {
        const [row] = await postgres.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_locks
            WHERE NOT granted AND relation = 'checkouts'::regclass
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return (row?.waiting ?? 0) >= many;
      });
    },
    async [Symbol.asyncDispose]() {
      await session.query('COMMIT');
      await session[Symbol.asyncDispose]();
    },
  };
}

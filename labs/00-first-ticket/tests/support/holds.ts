import { type PgSession, type PostgresProbe, SqlError } from '@backend-labs/testkit';
import { stillOpen } from './diagnose-open.ts';

/** A transaction of the test that keeps the service from changing a table. It can still be read. */
export class Hold implements AsyncDisposable {
  readonly #session: PgSession;

  private constructor(session: PgSession) {
    this.#session = session;
  }

  static async on(postgres: PostgresProbe, table: 'books' | 'loans'): Promise<Hold> {
    const session = await postgres.session('administrator');
    await session.query('BEGIN');
    await session.query(`SET LOCAL lock_timeout = '2s'`);
    try {
      await session.query(`LOCK TABLE ${table} IN SHARE MODE`);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      if (error instanceof SqlError) await stillOpen(postgres);
      throw error;
    }
    return new Hold(session);
  }

  /** Ends a connection of the service, as if its machine had lost power. */
  async endConnection(pid: number): Promise<void> {
    await this.#session.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
  }

  /** Lets the service go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

/** Sessions of the service that wait for a lock. */
export async function waitingSessions(postgres: PostgresProbe): Promise<number[]> {
  const waiting = (await postgres.locksHeld()).filter(({ granted }) => !granted);
  return [...new Set(waiting.map(({ pid }) => pid))];
}

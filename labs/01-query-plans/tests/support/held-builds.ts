import { PgSession } from '@backend-labs/testkit';
import { HOLD } from './few-orders.ts';

const MOST = 32;

/** An index that is being built just now. */
export interface Build {
  readonly statement: string;
  /** Locks on `orders` that its session holds: `ShareLock`, … */
  readonly locks: readonly string[];
}

/** Keeps every build of an index going until the test releases it; see few-orders.ts. */
export class HeldBuilds implements AsyncDisposable {
  readonly #session: PgSession;

  private constructor(session: PgSession) {
    this.#session = session;
  }

  static async open(adminUrl: string): Promise<HeldBuilds> {
    const session = await PgSession.open(adminUrl);
    await session.query('SELECT pg_advisory_lock($1, n) FROM generate_series(1, $2::int) n', [
      HOLD,
      MOST,
    ]);
    return new HeldBuilds(session);
  }

  /** The n-th build, once it is held. */
  async held(n: number): Promise<Build | undefined> {
    const [build] = await this.#session.query<Build>(
      `SELECT a.query AS statement,
              ARRAY(SELECT o.mode FROM pg_locks o
                     WHERE o.pid = w.pid AND o.granted AND o.relation = 'orders'::regclass
                     ORDER BY o.mode) AS locks
         FROM pg_locks w JOIN pg_stat_activity a ON a.pid = w.pid
        WHERE w.locktype = 'advisory' AND w.classid = $1 AND w.objid = $2 AND NOT w.granted
          AND w.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [HOLD, n],
    );
    return build;
  }

  async release(n: number): Promise<void> {
    await this.#session.query('SELECT pg_advisory_unlock($1, $2)', [HOLD, n]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

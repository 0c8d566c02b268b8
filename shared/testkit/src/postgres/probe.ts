import type { RunContext } from '@backend-labs/protocol';
import type { Lease, LeaseParts, ServerAddress } from '@backend-labs/stack';
import { notLeased, TestkitError } from '../errors.ts';
import { type Tap, TcpProxy } from '../network/tcp-proxy.ts';
import type { Service } from '../service/service.ts';
import type { StartedService } from '../service/started.ts';
import { eventually, NeverHappened } from '../wait/eventually.ts';
import {
  type HotUpdates,
  type IndexInfo,
  type LockInfo,
  readHot,
  readIndexes,
  readLocks,
  readSessions,
  readUnreported,
} from './inspect.ts';
import { NoticeReader } from './notices.ts';
import { type ExecutedPlan, readPlan } from './plan.ts';
import { PgSession, type Row } from './session.ts';
import { readEvictions, readUsage, resetUsage, type Usage } from './usage.ts';

export type PostgresLease = LeaseParts['postgres'];

export interface PostgresProbeOptions {
  readonly lease: PostgresLease;
  readonly server: ServerAddress;
  /** For probes that need an instance of their own. */
  readonly service: Service;
}

const SETTLE_WITHIN_MS = 5_000;
const REPORTED_WITHIN_MS = 20_000;

/** Makes Postgres tell the client how it executed each statement, as a notice. */
const EXPLAIN = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_nested_statements': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
  client_min_messages: 'notice',
};

/**
 * Looks at the leased database from the administrator's side. Whatever keeps it from looking is a
 * `StackError`; a statement of the test's that the database refuses is an `SqlError`.
 */
export class PostgresProbe implements AsyncDisposable {
  readonly #options: PostgresProbeOptions;
  readonly #inside: PgSession;
  /** Not in the leased database: `pg_stat_statements` must not have to be installed there. */
  readonly #outside: PgSession;

  private constructor(options: PostgresProbeOptions, inside: PgSession, outside: PgSession) {
    this.#options = options;
    this.#inside = inside;
    this.#outside = outside;
  }

  /** For the database of any lease. `service` is what `plans` and `hot` start, on that database. */
  static async of(run: RunContext, lease: Lease, service: Service): Promise<PostgresProbe> {
    const server = run.servers.postgres;
    if (!server || !lease.postgres) throw notLeased('postgres');
    return PostgresProbe.open({ lease: lease.postgres, server, service: service.with(lease.env) });
  }

  static async open(options: PostgresProbeOptions): Promise<PostgresProbe> {
    await using opened = new AsyncDisposableStack();
    const inside = opened.use(await PgSession.open(options.lease.adminUrl));
    // What the probe itself asks is not counted: it would take the room of what is.
    const uncounted = { 'pg_stat_statements.track': 'none' };
    const outside = opened.use(await PgSession.open(options.server.url, uncounted));
    opened.move();
    return new PostgresProbe(options, inside, outside);
  }

  /** Rows of one statement, as the administrator. */
  query<R extends object = Row>(sql: string, values?: readonly unknown[]): Promise<R[]> {
    return this.#inside.query<R>(sql, values);
  }

  /** A connection of its own, as the service's role or the administrator. */
  session(as: 'service' | 'administrator'): Promise<PgSession> {
    const { url, adminUrl } = this.#options.lease;
    return PgSession.open(as === 'service' ? url : adminUrl);
  }

  /**
   * Settings that connections to the leased database start with from now on, until disposed.
   * Open connections keep theirs: start an instance of the service after this.
   */
  async set(settings: Readonly<Record<string, string>>): Promise<AsyncDisposable> {
    const names = Object.keys(settings);
    for (const name of names) await this.#alter('SET %I = %L', name, settings[name] ?? '');
    return {
      [Symbol.asyncDispose]: async () => {
        for (const name of names) await this.#alter('RESET %I', name);
      },
    };
  }

  /**
   * Counts what the service's role does in its database while `work` runs, by all instances.
   *
   * ```ts
   * const { buffers } = await postgres.measure(() => service.get('/v1/orders?status=paid'));
   * ```
   *
   * Throws `COUNT_LOST` when Postgres had no room for all statements meanwhile.
   */
  async measure<T>(work: () => T | Promise<T>): Promise<Usage<T>> {
    await this.#settled();
    const evictions = await resetUsage(this.#outside, this.#options.lease);
    const result = await work();
    await this.#settled();
    const usage = await readUsage(this.#outside, this.#options.lease, result);
    if ((await readEvictions(this.#outside)) !== evictions) throw countLost();
    return usage;
  }

  /**
   * The plans of what the service really ran while `work` ran, in that order: starts an instance of
   * its own and reads what Postgres tells it. No query is guessed, and none is run twice.
   */
  async plans(work: (service: StartedService) => unknown): Promise<ExecutedPlan[]> {
    const plans: ExecutedPlan[] = [];
    const readers: NoticeReader[] = [];
    const { url } = this.#options.lease;
    await using held = new AsyncDisposableStack();
    const tap = (): Tap => {
      const reader = new NoticeReader(({ message }) => {
        const plan = readPlan(message);
        if (plan) plans.push(plan);
      });
      readers.push(reader);
      return reader.tap;
    };
    const proxy = held.use(await TcpProxy.to(url, tap));
    held.use(await this.set(EXPLAIN));
    await this.#withInstance({ DATABASE_URL: proxy.rewrite(url) }, async (service) => {
      // What it ran while it started is not the work's.
      plans.length = 0;
      await work(service);
    });
    if (readers.some(({ encrypted }) => encrypted)) {
      throw new TestkitError(
        'MISUSED',
        'The service speaks TLS to Postgres, so that its plans cannot be read.',
        'take sslmode out of DATABASE_URL',
      );
    }
    return plans;
  }

  /**
   * Updates of `table` that an instance of its own makes in `work`; exact, for it has ended then.
   * Where other sessions are open it waits, eleven seconds at most, until they have been idle for so
   * long that nothing of theirs is counted late. Throws `MISUSED` when they are not idle.
   */
  async hot(table: string, work: (service: StartedService) => unknown): Promise<HotUpdates> {
    await this.#reported();
    const before = await readHot(this.#inside, table);
    const others = new Set((await this.#sessions()).map(({ pid }) => pid));
    await this.#withInstance({}, work);
    await this.#gone(others);
    const after = await readHot(this.#inside, table);
    return { updates: after.updates - before.updates, hot: after.hot - before.hot };
  }

  /** Locks that the service's sessions hold or wait for just now. */
  locksHeld(): Promise<LockInfo[]> {
    return readLocks(this.#inside, this.#options.lease);
  }

  indexes(): Promise<IndexInfo[]> {
    return readIndexes(this.#inside);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [this.#inside, this.#outside].map((session) => session[Symbol.asyncDispose]()),
    );
  }

  async #withInstance(
    env: Readonly<Record<string, string>>,
    work: (service: StartedService) => unknown,
  ): Promise<void> {
    await using service = await this.#options.service.with(env).start();
    await work(service);
  }

  /** What was done before `hot` is in the counts. */
  async #reported(): Promise<void> {
    await orMisused(
      eventually(
        'the other sessions to have reported their counts',
        async () => (await readUnreported(this.#inside)) === 0,
        { within: REPORTED_WITHIN_MS },
      ),
      'Other sessions of the database are not idle.',
    );
  }

  /** A session reports its counts at the latest when it ends. */
  async #gone(others: ReadonlySet<number>): Promise<void> {
    await orMisused(
      eventually(
        'the sessions of an instance to end',
        async () => (await this.#sessions()).every(({ pid }) => others.has(pid)),
        { within: SETTLE_WITHIN_MS },
      ),
      'New sessions of the service do not end.',
    );
  }

  /** A service may answer before its last statement has ended, and only then is it counted. */
  async #settled(): Promise<void> {
    try {
      await eventually(
        'the sessions of the service to be idle',
        async () => (await this.#sessions()).every(({ active }) => !active),
        { within: SETTLE_WITHIN_MS },
      );
    } catch (error) {
      // A statement that waits for a lock of the test's is not counted, and is no reason to fail.
      if (!(error instanceof NeverHappened)) throw error;
    }
  }

  #sessions(): Promise<{ pid: number; active: boolean }[]> {
    return readSessions(this.#outside, this.#options.lease);
  }

  async #alter(change: string, ...values: readonly string[]): Promise<void> {
    const { database } = this.#options.lease;
    const [found] = await this.#outside.query<{ statement: string }>(
      `SELECT format('ALTER DATABASE %I ${change}', VARIADIC $1::text[]) AS statement`,
      [[database, ...values]],
    );
    if (found) await this.#outside.query(found.statement);
  }
}

async function orMisused(wait: Promise<unknown>, message: string): Promise<void> {
  try {
    await wait;
  } catch (cause) {
    if (!(cause instanceof NeverHappened)) throw cause;
    throw new TestkitError('MISUSED', message, 'use no other instance of the service meanwhile', {
      cause,
    });
  }
}

function countLost(): TestkitError {
  const message =
    'Postgres forgot statements while a test counted them: pg_stat_statements has no room for all that run.';
  const fix = 'run fewer things at once on that server, or raise its pg_stat_statements.max';
  return new TestkitError('COUNT_LOST', message, fix);
}

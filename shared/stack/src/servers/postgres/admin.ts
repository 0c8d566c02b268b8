import { Client, type ClientBase, type ClientConfig, Pool, type QueryResultRow } from 'pg';
import { errorCode, reason, ServerUnavailable, StackError } from '../../errors.ts';
import { digest } from '../../owner.ts';
import type { ServerAddress } from '../../types.ts';
import { ident, literal } from './names.ts';

/** A big template takes seconds to build; anything near this hangs. */
const STATEMENT_MS = 120_000;

/**
 * Statements that name a database are all different. If they were counted, they would push the
 * services' statements out of `pg_stat_statements`.
 */
const UNCOUNTED = '-c pg_stat_statements.track=none';

/** The administrator's side of one Postgres server. Connections open when first needed. */
export class Admin implements AsyncDisposable {
  readonly address: ServerAddress;
  readonly #pool: Pool;
  #statistics: Promise<void> | undefined;

  constructor(address: ServerAddress) {
    this.address = address;
    this.#pool = new Pool({
      connectionString: address.url,
      max: 4,
      options: UNCOUNTED,
      connectionTimeoutMillis: 10_000,
      query_timeout: STATEMENT_MS,
    });
    // An idle connection that the server closes is replaced at the next query.
    this.#pool.on('error', () => {});
  }

  /** Rows of one statement; `doing` ends the sentence "postgres could not …". */
  async query<Row extends QueryResultRow>(
    doing: string,
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return guard(doing, async () => {
      const { rows } = await this.#pool.query<Row>(sql, [...values]);
      return rows;
    });
  }

  /** Several statements, separated by semicolons, in one round trip and one transaction. */
  async run(doing: string, sql: string): Promise<void> {
    await guard(doing, () => this.#pool.query(sql));
  }

  /**
   * Statements that must share a session, e.g. around an advisory lock. It is not taken from the
   * pool: sessions that wait for a lock could use all of it, and the lock's holder needs one more.
   */
  async session<T>(doing: string, work: (client: ClientBase) => Promise<T>): Promise<T> {
    return connected(doing, { connectionString: this.address.url, options: UNCOUNTED }, work);
  }

  /** Runs `work` on a connection of its own to another database of this server. */
  async inside<T>(
    doing: string,
    url: string,
    work: (client: ClientBase) => Promise<T>,
  ): Promise<T> {
    return connected(doing, { connectionString: url }, work);
  }

  /** URL of a database, as the administrator or as a role of ours. */
  url(database: string, role?: string): string {
    const url = new URL(this.address.url);
    url.pathname = `/${encodeURIComponent(database)}`;
    if (role !== undefined) {
      url.username = role;
      url.password = this.#passwordOf(role);
    }
    return url.href;
  }

  /**
   * Makes sure that the role exists, may log in and nothing more, and has no setting of its own:
   * what a migration sets by `ALTER ROLE … SET` outlives its database and would change later runs.
   */
  async ensureRole(role: string): Promise<void> {
    const password = this.#passwordOf(role);
    const comment = digest(password, 16);
    const doing = `make the role ${role}`;
    const isThere = `SELECT 1 FROM pg_roles
      WHERE rolname = $1 AND shobj_description(oid, 'pg_authid') = $2
        AND NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = oid AND setdatabase = 0)`;
    if ((await this.query(doing, isThere, [role, comment])).length > 0) return;
    await this.session(doing, async (client) =>
      guard(doing, async () => {
        await client.query(`SELECT pg_advisory_lock(hashtextextended($1, 0))`, [role]);
        if ((await client.query(isThere, [role, comment])).rows.length > 0) return;
        const { rows } = await client.query(`SELECT 1 FROM pg_roles WHERE rolname = $1`, [role]);
        await client.query(
          `BEGIN;
           ${rows.length > 0 ? 'ALTER' : 'CREATE'} ROLE ${ident(role)} LOGIN NOSUPERUSER NOCREATEDB
             NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD ${literal(password)};
           ALTER ROLE ${ident(role)} RESET ALL;
           COMMENT ON ROLE ${ident(role)} IS ${literal(comment)};
           COMMIT`,
        );
      }),
    );
  }

  /** Drops a role that owns nothing; does nothing if there is no such role. */
  async dropRole(role: string): Promise<void> {
    await this.run(
      `drop the role ${role}`,
      // Two processes may drop the same one: without the lock, one can find half of it.
      `SELECT pg_advisory_xact_lock(hashtextextended(${literal(role)}, 0));
       DROP ROLE IF EXISTS ${ident(role)}`,
    );
  }

  /** Makes sure that `pg_stat_statements` can be read here, for all databases of the server. */
  ensureStatistics(): Promise<void> {
    this.#statistics ??= this.#createStatistics();
    return this.#statistics;
  }

  async #createStatistics(): Promise<void> {
    const doing = 'install pg_stat_statements';
    const isThere = `SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'`;
    if ((await this.query(doing, isThere)).length > 0) return;
    await this.session(doing, async (client) =>
      guard(doing, async () => {
        await client.query(`SELECT pg_advisory_lock(hashtextextended('pg_stat_statements', 0))`);
        await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
      }),
    );
  }

  /**
   * Drops a database and ends its sessions; does nothing if there is no such database. Removes its
   * statements from `pg_stat_statements` too, which would otherwise run out of room for other runs.
   */
  async drop(database: string): Promise<void> {
    const doing = `drop the database ${database}`;
    await this.ensureStatistics();
    await this.session(doing, async (client) =>
      guard(doing, async () => {
        // Two processes may drop the same one: altering a half-dropped database ends the session.
        await client.query('SELECT pg_advisory_lock(hashtextextended($1, 1))', [database]);
        const { rows } = await client.query<{ oid: number; isTemplate: boolean }>(
          `SELECT oid, datistemplate AND datconnlimit <> -2 AS "isTemplate" FROM pg_database
           WHERE datname = $1`,
          [database],
        );
        const [found] = rows;
        if (!found) return;
        // A template is protected from being dropped until it says otherwise.
        if (found.isTemplate) {
          await client.query(`ALTER DATABASE ${ident(database)} IS_TEMPLATE false`);
        }
        await client.query(`DROP DATABASE IF EXISTS ${ident(database)} WITH (FORCE)`);
        await client.query('SELECT pg_stat_statements_reset(0, $1, 0)', [found.oid]);
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  /** The same in every process that knows the administrator's password, and in no other. */
  #passwordOf(role: string): string {
    return digest(`${new URL(this.address.url).password}/${role}`, 32);
  }
}

async function connected<T>(
  doing: string,
  config: ClientConfig,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  const client = new Client({
    ...config,
    connectionTimeoutMillis: 10_000,
    query_timeout: STATEMENT_MS,
  });
  client.on('error', () => {});
  await guard(doing, () => client.connect());
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Runs database work; turns everything that it throws into a `StackError`. */
export async function guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStackError(doing, error);
  }
}

function asStackError(doing: string, error: unknown): StackError {
  if (error instanceof StackError) return error;
  const code = errorCode(error) ?? '';
  if (code === '53100') {
    return new StackError(
      'LEASE_FAILED',
      `postgres could not ${doing}: the disk is full`,
      'free some space on the disk that holds the database',
      error,
    );
  }
  // SQLSTATE 22xxx to 55xxx come from a server that works; 57Pxx and Node's codes do not.
  if (/^[2-5][0-9A-Z]{4}$/u.test(code) && !code.startsWith('57')) {
    const message = `postgres could not ${doing}: ${reason(error)} (${code})`;
    return new StackError(
      'LEASE_FAILED',
      message,
      'run `npm run labs -- stack logs postgres`',
      error,
    );
  }
  return new ServerUnavailable(
    'SERVER_BROKEN',
    'postgres',
    `postgres could not ${doing}: ${reason(error)}`,
    'run `npm run labs -- stack status`',
    error,
  );
}

import { Client, DatabaseError } from 'pg';
import { ProbeTrouble, SqlError } from '../errors.ts';

const CONNECT_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 30_000;

export type Row = Readonly<Record<string, unknown>>;

/** One connection to the leased database, with transactions and settings of its own. */
export class PgSession implements AsyncDisposable {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /**
   * With settings as `postgres -c` takes them, which only an administrator may give. Throws
   * `SqlError` 53300 if the service has used all connections of its database.
   */
  static async open(
    url: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<PgSession> {
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
    const client = new Client({
      connectionString: url,
      options: options.join(' '),
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
    });
    // The next query reports it; without a listener it would end the test run.
    client.on('error', () => {});
    try {
      await client.connect();
    } catch (error) {
      if (isFull(error)) throw sqlError(error);
      throw new ProbeTrouble('postgres', 'connect', error);
    }
    return new PgSession(client);
  }

  /**
   * Rows of one statement. Throws `SqlError`, whose `code` is the SQLSTATE, when the database
   * refuses it, and `ProbeTrouble` when there is no answer.
   */
  async query<R extends object = Row>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    try {
      const { rows } = await this.#client.query<R>(sql, [...values]);
      return rows;
    } catch (error) {
      throw readable(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => {});
  }
}

/** 08: connection, 53: out of resources, 57P: shut down; all else is about the statement. */
const SERVER_STATES = /^(?:08|53|57P)/u;
const TOO_MANY_CONNECTIONS = '53300';

/** 42: names and types that are not there, as after a migration that renamed or dropped them. */
const NOT_THERE = /^42/u;

function refused({ code = '', message }: DatabaseError): string {
  const hint = NOT_THERE.test(code)
    ? ' The ticket says which tables and columns stay as they are: look at your migrations.'
    : '';
  return `Postgres refused a statement of the test: ${message}.${hint}`;
}

function readable(error: unknown): Error {
  if (error instanceof DatabaseError && !SERVER_STATES.test(error.code ?? '')) {
    return sqlError(error);
  }
  return new ProbeTrouble('postgres', 'run a statement', error);
}

function sqlError(error: DatabaseError): SqlError {
  return new SqlError(error.code ?? '', refused(error), { cause: error });
}

/** The service has used all connections of the leased database. The server itself has more. */
function isFull(error: unknown): error is DatabaseError {
  return (
    error instanceof DatabaseError &&
    error.code === TOO_MANY_CONNECTIONS &&
    error.message.startsWith('too many connections for database')
  );
}

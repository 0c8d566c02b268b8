import type { LeaseRequest } from '../../types.ts';

declare module '../../types.ts' {
  interface LeaseParts {
    postgres: PostgresLease;
  }
  interface LeaseRequest {
    /** A database made by `PostgresTools.template`, to clone instead of the lab's own template. */
    readonly from?: string;
    /**
     * Ends the session of a service whose transaction has been idle for 20 s, so that a test fails
     * with Postgres' own words instead of waiting for its locks. Not for a service that a person
     * runs: a debugger may pause it inside a transaction.
     */
    readonly endIdleTransactions?: boolean;
  }
  interface ServerTools {
    postgres: PostgresTools;
  }
}

/** A database of the run's own. */
export interface PostgresLease {
  readonly database: string;
  /** The role of the service, for this database alone; not a superuser; has the rights of an owner. */
  readonly role: string;
  /** As the service's role. */
  readonly url: string;
  /** As the administrator, into the same database. */
  readonly adminUrl: string;
}

/** Template databases, and the databases that failed runs left behind. Everything throws `StackError`. */
export interface PostgresTools {
  /**
   * Makes a template database once for each `key` and content of the lab's data: a clone of
   * `request.from` (by default the lab's own template), changed by `build`. Concurrent callers, in
   * any process, wait for the first. Resolves with its name, for `LeaseRequest.from`.
   */
  template(
    request: LeaseRequest,
    key: string,
    build: (lease: PostgresLease) => Promise<void>,
  ): Promise<string>;
  /** Drops the templates made by `template` whose key starts with `prefix`. */
  dropTemplates(prefix: string): Promise<void>;
  /** The database that the latest failed run of the lab left behind for a person to look at. */
  leftBehind(lab: string): Promise<PostgresLease | undefined>;
  /** Drops the databases that failed runs of the lab left behind. */
  dropLeftBehind(lab: string): Promise<void>;
}

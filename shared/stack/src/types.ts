import type { Provision, ServerAddress } from '@backend-labs/protocol';

export type { Provision, ServerAddress } from '@backend-labs/protocol';

/** A name of the registry, e.g. `postgres`. */
export type ServerName = string;

/** One run's own piece of the stack. Disposing gives it back. */
export interface Lease extends AsyncDisposable {
  readonly id: string;
  /** What the service under test gets: `DATABASE_URL`, `REDIS_URL`, `AMQP_URL`, `KAFKA_BROKERS`, `KAFKA_PREFIX`. */
  readonly env: Readonly<Record<string, string>>;
  readonly postgres?: PostgresLease;
  readonly redis?: RedisLease;
  readonly rabbitmq?: RabbitLease;
  readonly kafka?: KafkaLease;
  /** Leave the database behind when disposed, for a person to look at. */
  keep(): void;
}

export interface PostgresLease {
  readonly database: string;
  /** The role of the service; not a superuser; owns every object of the template. */
  readonly role: string;
  /** As the service's role. */
  readonly url: string;
  /** As the administrator, into the same database. */
  readonly adminUrl: string;
}

export interface RedisLease {
  readonly url: string;
  /** Number of the logical database. */
  readonly db: number;
}

export interface RabbitLease {
  readonly url: string;
  readonly vhost: string;
}

export interface KafkaLease {
  readonly brokers: readonly string[];
  /** Every topic and group of this run starts with it. */
  readonly prefix: string;
}

/** What a run asks for. */
export interface LeaseRequest {
  /** Lab id, e.g. `01-query-plans`. */
  readonly lab: string;
  readonly servers: readonly ServerName[];
  /** Folder with the lab's `*.sql` (schema and seed), for its template database. */
  readonly dataDir?: string;
  /** A database made by `Stack.template` to clone instead of the lab's own template. */
  readonly from?: string;
}

/** Where the stack works. All optional: the defaults are this repository and its `.labs/`. */
export interface StackOptions {
  /** The repository: holds `docker-compose.yml` and `infra/`. */
  readonly root?: string;
  /** Absolute path instead of `.labs/`; wins over `LABS_STATE`. */
  readonly stateDir?: string;
  /** Told of anything that takes a while, one line each. */
  readonly onProgress?: (line: string) => void;
}

/** Leases from live servers. Disposing gives back every lease still out and closes connections. */
export interface Stack extends AsyncDisposable {
  /** A fresh piece of each named server. Throws `StackError`. */
  lease(request: LeaseRequest): Promise<Lease>;
  /**
   * A template database made once per `key` and content of the lab's data: a clone of
   * `request.from` (the lab's own template when omitted), changed by `build`. Concurrent callers,
   * in any process, wait for the first. Resolves with its name, for `LeaseRequest.from`.
   */
  template(
    request: LeaseRequest,
    key: string,
    build: (lease: PostgresLease) => Promise<void>,
  ): Promise<string>;
  /** Drops templates made by `template` whose key starts with `prefix`. */
  dropTemplates(prefix: string): Promise<void>;
  /** Drops what earlier failed runs of the lab left for a person to look at. */
  dropLeftBehind(lab: string): Promise<void>;
}

/** One line of `labs stack status`. */
export interface ServerStatus {
  readonly name: ServerName;
  /** `broken`: it is recorded or configured, and does not answer as it should. */
  readonly state: 'up' | 'down' | 'broken';
  readonly provision?: Provision;
  /** Without password. */
  readonly address?: string;
  readonly version?: string;
  /** Native only. */
  readonly pid?: number;
  readonly logFile?: string;
  /** With its helper processes; shared pages counted once. Linux, native only. */
  readonly residentBytes?: number;
  /** Why it is broken, and what fixes it. */
  readonly trouble?: string;
  readonly fix?: string;
}

import type { Provision } from '@backend-labs/protocol';

export type { Provision, ServerAddress } from '@backend-labs/protocol';

/** A name of the registry, e.g. `postgres`. */
export type ServerName = string;

/**
 * What a lease holds of each kind of server, by the server's name. The folder of a server adds its
 * own part, by `declare module`.
 */
export interface LeaseParts {}

/** One run's own piece of the stack. Disposing gives it back. */
export interface Lease extends Readonly<Partial<LeaseParts>>, AsyncDisposable {
  readonly id: string;
  /** What the service under test gets, e.g. `DATABASE_URL`. */
  readonly env: Readonly<Record<string, string>>;
  /** When the lease is disposed, leave its data for a person to look at, where the server can. */
  keep(): void;
}

/** What a run asks for. The folder of a server may add options of its own. */
export interface LeaseRequest {
  /** Lab id, e.g. `01-query-plans`. */
  readonly lab: string;
  readonly servers: readonly ServerName[];
  /** Folder with the data that the lab starts from. Each server reads its own files there. */
  readonly dataDir?: string;
}

/** Where the stack works. All optional: the defaults are this repository and its `.labs/`. */
export interface StackOptions {
  /** The repository: holds `docker-compose.yml` and `infra/`. */
  readonly root?: string;
  /** Absolute path instead of `.labs/`; wins over `LABS_STATE`. */
  readonly stateDir?: string;
  /** Called with one line about anything that takes a while. */
  readonly onProgress?: (line: string) => void;
  /** False only looks whether servers can be had: nothing is prepared for leases, such as base images. */
  readonly prepare?: boolean;
}

/**
 * What a kind of server can do besides leasing, by the server's name. The folder of a server adds
 * its own, by `declare module`.
 */
export interface ServerTools {}

/** Leases from live servers. Disposing gives back every open lease and closes connections. */
export interface Stack extends AsyncDisposable {
  /** A fresh piece of each named server. Throws `StackError`. */
  lease(request: LeaseRequest): Promise<Lease>;
  /** What this kind of server can do besides leasing, e.g. `of('postgres')`. Throws `StackError`. */
  of<Name extends keyof ServerTools>(name: Name): Promise<ServerTools[Name]>;
}

/** One line of `labs stack status`. */
export interface ServerStatus {
  readonly name: ServerName;
  /** `broken`: it is recorded or configured, and does not answer as it should. */
  readonly state: 'up' | 'down' | 'broken';
  readonly provision?: Provision;
  /** Without the password. */
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

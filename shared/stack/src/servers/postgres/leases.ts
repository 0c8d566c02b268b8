import type { LeaseRequest, ServerAddress } from '../../types.ts';
import type { LeasePart, Leases } from '../leases.ts';
import { Admin } from './admin.ts';
import { dropLeftBehind, findLeftBehind, leasePostgres, reclaimDatabases } from './lease.ts';
import { dropSnapshots, snapshot } from './snapshot.ts';
import type { PostgresLease, PostgresTools } from './types.ts';

/** Databases of one server, for one `Stack`. */
export class PostgresLeases implements Leases, PostgresTools {
  readonly #admin: Admin;
  #prepared: Promise<void> | undefined;

  constructor(address: ServerAddress) {
    this.#admin = new Admin(address);
  }

  async lease(request: LeaseRequest, suffix: string): Promise<LeasePart> {
    await this.#prepare();
    return leasePostgres(this.#admin, request, suffix);
  }

  async template(
    request: LeaseRequest,
    key: string,
    build: (lease: PostgresLease) => Promise<void>,
  ): Promise<string> {
    await this.#prepare();
    return snapshot(this.#admin, request, key, build);
  }

  async dropTemplates(prefix: string): Promise<void> {
    await dropSnapshots(this.#admin, prefix);
  }

  async leftBehind(lab: string): Promise<PostgresLease | undefined> {
    return findLeftBehind(this.#admin, lab);
  }

  async dropLeftBehind(lab: string): Promise<void> {
    await dropLeftBehind(this.#admin, lab);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin[Symbol.asyncDispose]();
  }

  /** Once for each stack: what crashed runs left would fill the disk in time. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#admin.ensureStatistics().then(() => reclaimDatabases(this.#admin));
    return this.#prepared;
  }
}

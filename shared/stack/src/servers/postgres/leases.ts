import type { LeaseRequest, PostgresLease, ServerAddress } from '../../types.ts';
import type { Part } from '../part.ts';
import { Admin } from './admin.ts';
import { dropLeftBehind, leasePostgres, reclaimDatabases } from './lease.ts';
import { dropSnapshots, snapshot } from './snapshot.ts';

/** Databases of one server, for one `Stack`. */
export class PostgresLeases implements AsyncDisposable {
  readonly #admin: Admin;
  #prepared: Promise<void> | undefined;

  constructor(address: ServerAddress) {
    this.#admin = new Admin(address);
  }

  async lease(request: LeaseRequest, mark: string): Promise<Part<{ postgres: PostgresLease }>> {
    await this.#prepare();
    return leasePostgres(this.#admin, request, mark);
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

  async dropLeftBehind(lab: string): Promise<void> {
    await dropLeftBehind(this.#admin, lab);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin[Symbol.asyncDispose]();
  }

  /** Once for each stack: leftovers of crashed runs would fill the disk in time. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#admin.ensureStatistics().then(() => reclaimDatabases(this.#admin));
    return this.#prepared;
  }
}

import type { LeaseRequest } from '../types.ts';

/** One server's share of a lease. */
export interface LeasePart {
  /** What the lease shows under the server's name; its type is in `LeaseParts`. */
  readonly part: object;
  /** For the service under test. */
  readonly env: Readonly<Record<string, string>>;
  /** Gives it back, or with `keep` leaves it for a person where that makes sense. */
  release(keep: boolean): Promise<void>;
}

/** One live server, as a source of leases. */
export interface Leases extends AsyncDisposable {
  /** `suffix` differs between the leases of one process; six digits. Throws `StackError`. */
  lease(request: LeaseRequest, suffix: string): Promise<LeasePart>;
}

import type { Lease, LeaseRequest } from '../types.ts';

/** One server's share of a lease. */
export interface Part<L> {
  readonly lease: L;
  /** For the service under test. */
  readonly env: Readonly<Record<string, string>>;
  /** Gives it back, or with `keep` leaves it for a person where that makes sense. */
  release(keep: boolean): Promise<void>;
}

/** One server, as a source of leases. */
export interface Leases extends AsyncDisposable {
  /** `mark` differs between the leases of one process; six digits. Throws `StackError`. */
  lease(
    request: LeaseRequest,
    mark: string,
  ): Promise<Part<Pick<Lease, 'postgres' | 'redis' | 'rabbitmq' | 'kafka'>>>;
}

declare module '../../types.ts' {
  interface LeaseParts {
    redis: RedisLease;
  }
}

/** A logical database of the run's own. */
export interface RedisLease {
  readonly url: string;
  /** Number of the logical database. */
  readonly db: number;
}

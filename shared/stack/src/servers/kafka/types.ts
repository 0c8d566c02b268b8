declare module '../../types.ts' {
  interface LeaseParts {
    kafka: KafkaLease;
  }
}

/** Topics and groups of the run's own. */
export interface KafkaLease {
  readonly brokers: readonly string[];
  /** Every topic and group of this run starts with it. */
  readonly prefix: string;
  /**
   * Logs in by SCRAM-SHA-512, and may use nothing outside the prefix. Left out, like the password, if
   * the broker is one of the user's own that asks for no login.
   */
  readonly username?: string;
  readonly password?: string;
}

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
}

declare module '../../types.ts' {
  interface LeaseParts {
    rabbitmq: RabbitLease;
  }
}

/** A virtual host of the run's own. */
export interface RabbitLease {
  /** As the service's user. */
  readonly url: string;
  readonly vhost: string;
}

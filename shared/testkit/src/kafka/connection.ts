import type { LeaseParts } from '@backend-labs/stack';
import type { KafkaConfig } from 'kafkajs';

/** How kafkajs reaches the brokers of a lease, and logs in as the lease's user. */
export function connection({
  brokers,
  username,
  password,
}: LeaseParts['kafka']): Pick<KafkaConfig, 'brokers' | 'sasl'> {
  return {
    brokers: [...brokers],
    ...(username !== undefined &&
      password !== undefined && { sasl: { mechanism: 'scram-sha-512', username, password } }),
  };
}

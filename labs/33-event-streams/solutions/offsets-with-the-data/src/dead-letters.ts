import type { KafkaMessage, Message } from 'kafkajs';
import type { Deps } from './deps.ts';
import { DEAD_LETTERS } from './kafka.ts';

export interface BadRecord {
  readonly message: KafkaMessage;
  readonly reason: string;
}

/** Puts records aside as they came, with why and where from. Resolves when the broker has them. */
export async function park(
  { producer, log }: Deps,
  partition: number,
  records: readonly BadRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const messages = records.map(({ message: { key, value, headers, offset }, reason }): Message => ({
    key,
    value,
    headers: {
      ...headers,
      'dlt-reason': reason,
      'dlt-partition': String(partition),
      'dlt-offset': offset,
    },
  }));
  await producer.send({ topic: DEAD_LETTERS, messages });
  log.warn({ partition, records: records.length }, 'records were parked');
}

import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { Deps } from './deps.ts';
import { DEAD_LETTERS } from './kafka.ts';

/** Puts a record aside as it came, with why and where from. Resolves when the broker has it. */
export async function park(
  { producer, log }: Deps,
  partition: number,
  { key, value, headers, offset }: KafkaMessage,
  reason: string,
): Promise<void> {
  const why: IHeaders = {
    'dlt-reason': reason,
    'dlt-partition': String(partition),
    'dlt-offset': offset,
  };
  await producer.send({
    topic: DEAD_LETTERS,
    messages: [{ key, value, headers: { ...headers, ...why } }],
  });
  log.warn(why, 'a record was parked');
}

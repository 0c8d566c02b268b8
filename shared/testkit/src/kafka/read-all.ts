import type { Kafka } from 'kafkajs';
import { deadline, ms } from '../wait/deadline.ts';
import { type KafkaRecord, readRecord } from './record.ts';

const READ_WITHIN_MS = 20_000;
const FETCH_MS = 100;

export interface ReadRequest {
  readonly topic: string;
  /** A group of its own, for kafkajs reads in no other way. */
  readonly groupId: string;
  /** Offset of the next record by partition: where to stop. */
  readonly ends: readonly number[];
}

/** Reads a topic from its start to `ends`. */
export async function readAll(
  kafka: Kafka,
  { topic, groupId, ends }: ReadRequest,
): Promise<KafkaRecord[]> {
  const missing = new Set(ends.flatMap((end, partition) => (end > 0 ? [partition] : [])));
  if (missing.size === 0) return [];
  const records: KafkaRecord[] = [];
  const done = Promise.withResolvers<void>();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: FETCH_MS });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    // It goes on by itself after what is retriable.
    if (!payload.restart) done.reject(payload.error);
  });
  // The last offsets of a partition may hold no record: markers of transactions, for one.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (Number(payload.lastOffset) + 1 >= (ends[payload.partition] ?? 0)) {
      missing.delete(payload.partition);
    }
    if (missing.size === 0) done.resolve();
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async (payload) => {
        const record = readRecord(payload);
        if (record.offset < (ends[record.partition] ?? 0)) records.push(record);
      },
    });
    const late = (): Error =>
      new TypeError(
        `${records.length} records came within ${ms(READ_WITHIN_MS)}, ` +
          `partitions ${[...missing].join(', ')} did not come to their end`,
      );
    await deadline(done.promise, READ_WITHIN_MS, late);
  } finally {
    await consumer.disconnect();
  }
  return records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
}

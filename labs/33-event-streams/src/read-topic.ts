import { randomUUID } from 'node:crypto';
import type { Deps } from './deps.ts';
import { GROUP, TOPIC } from './kafka.ts';

/** A record of the topic. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly value: Buffer | null;
}

/** Every record from the first to the last one of now. Those of a partition are in its order. */
export async function readTopic({ kafka, admin }: Deps): Promise<TopicRecord[]> {
  const offsets = await admin.fetchTopicOffsets(TOPIC);
  const ends = new Map(
    offsets
      .filter(({ low, high }) => low !== high)
      .map(({ partition, high }) => [partition, BigInt(high)]),
  );
  if (ends.size === 0) return [];
  const records: TopicRecord[] = [];
  const done = Promise.withResolvers<void>();
  // A group of its own: a reader in the projector's group would take partitions from it.
  const groupId = `${GROUP}-audit-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  // A consumer that starts again would read the first records a second time.
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => done.reject(error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        for (const { offset: text, value } of messages) {
          const offset = BigInt(text);
          const end = ends.get(partition) ?? 0n;
          if (offset < end) records.push({ partition, offset, value });
          if (offset + 1n >= end) ends.delete(partition);
        }
        if (ends.size === 0) done.resolve();
      },
    });
    await done.promise;
  } finally {
    await consumer.disconnect();
  }
  return records;
}

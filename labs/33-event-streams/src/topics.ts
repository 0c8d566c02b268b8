import type { Admin } from 'kafkajs';
import { DEAD_LETTERS, PARTITIONS, TOPIC } from './kafka.ts';

const TOPICS = [
  { topic: TOPIC, numPartitions: PARTITIONS },
  { topic: DEAD_LETTERS, numPartitions: 1 },
];

/** Makes the topics where they are missing, as on a developer's broker. */
export async function ensureTopics(admin: Admin): Promise<void> {
  const there = await admin.listTopics();
  const missing = TOPICS.filter(({ topic }) => !there.includes(topic));
  if (missing.length > 0) await admin.createTopics({ topics: missing });
}

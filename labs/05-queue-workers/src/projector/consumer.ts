import type { Consumer, Kafka } from 'kafkajs';
import type { Deps } from './deps.ts';
import { GROUP, PARTITIONS, SESSION_TIMEOUT_MS, TOPIC } from './kafka.ts';
import { project } from './project.ts';

export function createConsumer(kafka: Kafka): Consumer {
  return kafka.consumer({
    groupId: GROUP,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: SESSION_TIMEOUT_MS / 5,
    maxWaitTimeInMs: 100,
    // What fails is tried again soon, and for as long as it takes.
    retry: { initialRetryTime: 50, maxRetryTime: 200, retries: 20 },
  });
}

/** Reads the topic as a member of the group, all partitions side by side. */
export async function consume(consumer: Consumer, deps: Deps): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: PARTITIONS,
    // TODO(task 6): what happens to a record that is no event?
    eachMessage: ({ message }) => project(deps, message),
  });
}

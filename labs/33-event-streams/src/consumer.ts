import type { Consumer, Kafka } from 'kafkajs';
import type { Deps } from './deps.ts';
import { GROUP, SESSION_TIMEOUT_MS, TOPIC } from './kafka.ts';
import { project } from './project.ts';

export function createConsumer(kafka: Kafka): Consumer {
  return kafka.consumer({
    groupId: GROUP,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: SESSION_TIMEOUT_MS / 5,
    maxWaitTimeInMs: 100,
    // A failure is retried after 50 to 200 ms, for as long as it takes.
    retry: { initialRetryTime: 50, maxRetryTime: 200, retries: 20 },
  });
}

/** Reads the topic as a member of the group. */
export async function consume(consumer: Consumer, deps: Deps): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC });
  await consumer.run({
    // TODO(task 3): a record that is not an event.
    eachMessage: ({ message }) => project(deps, message),
  });
}

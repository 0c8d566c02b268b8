import type { Consumer, Kafka } from 'kafkajs';
import type { Deps } from './deps.ts';
import { whileAlive } from './heartbeat.ts';
import { GROUP, PARTITIONS, SESSION_TIMEOUT_MS, TOPIC } from './kafka.ts';
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

/** Reads the topic as a member of the group, all partitions side by side. */
export async function consume(consumer: Consumer, deps: Deps): Promise<void> {
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (restart) return;
    deps.log.fatal({ err: error }, 'the consumer has stopped for good');
    // A process that only looks alive is not restarted by anybody.
    process.exit(1);
  });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: PARTITIONS,
    eachMessage: ({ partition, message, heartbeat }) =>
      whileAlive(heartbeat, () => project(deps, partition, message)),
  });
}

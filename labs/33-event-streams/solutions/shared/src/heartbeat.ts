import { SESSION_TIMEOUT_MS } from './kafka.ts';

/**
 * Tells the group that this member is alive for as long as `work` takes; kafkajs does so only
 * between two records.
 */
export async function whileAlive(
  heartbeat: () => Promise<void>,
  work: () => Promise<void>,
): Promise<void> {
  using _timer = setInterval(() => {
    // That a rebalance is due comes up again at kafkajs's own heartbeat, when the record is done.
    heartbeat().catch(() => {});
  }, SESSION_TIMEOUT_MS / 10);
  await work();
}

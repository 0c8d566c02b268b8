import { checkQueueUrl, openQueueRedis, requireQueue } from '@backend-labs/class';
import type { Arguments } from '../command.ts';
import type { Context } from '../context.ts';

/** It keeps the password out of the list of processes. */
export const QUEUE_VARIABLE = 'LABS_QUEUE_URL';

export interface QueuePlace {
  readonly url: string;
  /** Starts it again when it is gone; only of our own. */
  readonly reopen?: () => Promise<void>;
}

/**
 * The Redis of the queue: `--redis`, `LABS_QUEUE_URL`, or one that is started here.
 *
 * @param patienceMs one that was named and cannot be reached is tried again for so long.
 */
export async function queueOf(
  args: Arguments,
  { root, stateDir, env }: Context,
  onProgress: (line: string) => void,
  patienceMs = 0,
): Promise<QueuePlace> {
  const given = args.text('redis') ?? env[QUEUE_VARIABLE];
  if (given) {
    const url = checkQueueUrl(given);
    await requireQueue(url, patienceMs);
    return { url };
  }
  const open = async () => openQueueRedis({ root, stateDir, onProgress });
  const url = await open();
  return { url, reopen: async () => void (await open()) };
}

import type { ConsumeMessage } from 'amqplib';
import { DEAD_QUEUE, EXCHANGE, RENDER_KEY } from './broker.ts';
import { log } from './log.ts';
import { Permanent } from './message.ts';
import type { Sender } from './sender.ts';

/** Waits before the second try, the third, and so on, in milliseconds. */
const DELAYS = (process.env['RETRY_DELAYS_MS'] ?? '1000,5000,30000,120000,600000')
  .split(',')
  .map(Number);

/**
 * Sends a failed message to its next try when the time has come, or to the dead queue.
 *
 * @param attempts how often it was tried, this failure included.
 * @returns whether it will be tried again.
 */
export async function retryOrBury(
  sender: Sender,
  { content, properties }: ConsumeMessage,
  attempts: number,
  error: Error,
): Promise<boolean> {
  // Its sender's time to live would end a wait early, and empty the dead queue.
  const { expiration: _, ...kept } = properties;
  const delay = error instanceof Permanent ? undefined : DELAYS[attempts - 1];
  const options = {
    ...kept,
    headers: { ...properties.headers, 'x-attempts': attempts, 'x-last-error': error.message },
  };
  if (delay === undefined) {
    await sender.send('', DEAD_QUEUE, content, options);
    return false;
  }
  setTimeout(() => {
    sender
      .send(EXCHANGE, RENDER_KEY, content, options)
      .catch((cause: unknown) => log.error({ err: cause }, 'a job was not sent again'));
  }, delay);
  return true;
}

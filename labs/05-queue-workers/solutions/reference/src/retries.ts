import type { Channel, ConsumeMessage } from 'amqplib';
import { DEAD_QUEUE, EXCHANGE, RENDER_KEY } from './broker.ts';
import { Permanent, TRIES } from './message.ts';
import type { Sender } from './sender.ts';

/** Waits before the second try, the third, and so on, in milliseconds. */
const DELAYS = (process.env['RETRY_DELAYS_MS'] ?? '1000,5000,30000,120000,600000')
  .split(',')
  .map(Number);

/** The delay is in the name: a queue cannot change its own, and a new one is another queue. */
const queueOf = (delay: number): string => `media.retry.${delay}`;

/** One queue a delay: in each, the first message is also due first. */
export async function declareRetryQueues(channel: Channel): Promise<void> {
  for (const delay of DELAYS) {
    await channel.assertQueue(queueOf(delay), {
      durable: true,
      messageTtl: delay,
      deadLetterExchange: EXCHANGE,
      deadLetterRoutingKey: RENDER_KEY,
    });
  }
}

/** Whether a failure is the end of a message that was tried so often. */
export function isLast(attempts: number, error: Error): boolean {
  return error instanceof Permanent || attempts > DELAYS.length;
}

/**
 * Sends a failed message to wait for its next try, or to the dead queue.
 *
 * @param attempts how often it was tried, this failure included.
 */
export async function retryOrBury(
  sender: Sender,
  { content, properties }: ConsumeMessage,
  attempts: number,
  error: Error,
): Promise<void> {
  // Its sender's time to live would end a wait early, and empty the dead queue.
  const { expiration: _, headers: { [TRIES]: _tries, ...headers } = {}, ...kept } = properties;
  const delay = isLast(attempts, error) ? undefined : DELAYS[attempts - 1];
  const said =
    delay === undefined
      ? { 'x-attempts': attempts, 'x-last-error': error.message }
      : { [TRIES]: attempts };
  await sender.send('', delay === undefined ? DEAD_QUEUE : queueOf(delay), content, {
    ...kept,
    headers: { ...headers, ...said },
  });
}

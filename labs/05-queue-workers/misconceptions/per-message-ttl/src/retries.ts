import type { Channel, ConsumeMessage } from 'amqplib';
import { DEAD_QUEUE, EXCHANGE, RENDER_KEY } from './broker.ts';
import { Permanent } from './message.ts';
import type { Sender } from './sender.ts';

/** Waits before the second try, the third, and so on, in milliseconds. */
const DELAYS = (process.env['RETRY_DELAYS_MS'] ?? '1000,5000,30000,120000,600000')
  .split(',')
  .map(Number);

const RETRY_QUEUE = 'media.retry';

/** Where messages wait. Each knows for how long. */
export async function declareRetryQueues(channel: Channel): Promise<void> {
  await channel.assertQueue(RETRY_QUEUE, {
    durable: true,
    deadLetterExchange: EXCHANGE,
    deadLetterRoutingKey: RENDER_KEY,
  });
}

/**
 * Sends a failed message to wait for its next try, or to the dead queue.
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
  await sender.send('', delay === undefined ? DEAD_QUEUE : RETRY_QUEUE, content, {
    ...kept,
    ...(delay !== undefined && { expiration: delay }),
    headers: { ...properties.headers, 'x-attempts': attempts, 'x-last-error': error.message },
  });
  return delay !== undefined;
}

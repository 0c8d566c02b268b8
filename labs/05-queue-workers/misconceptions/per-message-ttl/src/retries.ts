import type { Channel, ConsumeMessage } from 'amqplib';
import { DEAD_QUEUE, EXCHANGE, RENDER_KEY } from './broker.ts';
import { Permanent, TRIES } from './message.ts';
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
  await sender.send('', delay === undefined ? DEAD_QUEUE : RETRY_QUEUE, content, {
    ...kept,
    ...(delay !== undefined && { expiration: delay }),
    headers: { ...headers, ...said },
  });
}

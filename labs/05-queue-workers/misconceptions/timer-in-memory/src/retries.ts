import type { ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { DEAD_QUEUE, EXCHANGE, RENDER_KEY } from './broker.ts';
import { Permanent, TRIES } from './message.ts';
import type { Sender } from './sender.ts';

/** Waits before the second try, the third, and so on, in milliseconds. */
const DELAYS = (process.env['RETRY_DELAYS_MS'] ?? '1000,5000,30000,120000,600000')
  .split(',')
  .map(Number);

/** Whether a failure is the end of a message that was tried so often. */
export function isLast(attempts: number, error: Error): boolean {
  return error instanceof Permanent || attempts > DELAYS.length;
}

/**
 * Sends a failed message to its next try when the time has come, or to the dead queue.
 *
 * @param attempts how often it was tried, this failure included.
 */
export async function retryOrBury(
  sender: Sender,
  { content, properties }: ConsumeMessage,
  attempts: number,
  error: Error,
  log: Logger,
): Promise<void> {
  // Its sender's time to live would end a wait early, and empty the dead queue.
  const { expiration: _, headers: { [TRIES]: _tries, ...headers } = {}, ...kept } = properties;
  const delay = isLast(attempts, error) ? undefined : DELAYS[attempts - 1];
  const said =
    delay === undefined
      ? { 'x-attempts': attempts, 'x-last-error': error.message }
      : { [TRIES]: attempts };
  const options = {
    ...kept,
    headers: { ...headers, ...said },
  };
  if (delay === undefined) {
    await sender.send('', DEAD_QUEUE, content, options);
    return;
  }
  setTimeout(() => {
    sender
      .send(EXCHANGE, RENDER_KEY, content, options)
      .catch((cause: unknown) => log.error({ err: cause }, 'a job was not sent again'));
  }, delay);
}

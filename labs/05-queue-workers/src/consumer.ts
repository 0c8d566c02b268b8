import type { Channel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { RENDER_QUEUE } from './broker.ts';
import { jobIdOf } from './message.ts';

export type Handle = (jobId: string) => Promise<void>;

/** Takes messages from the render queue, from now on. */
export async function consume(channel: Channel, handle: Handle, log: Logger): Promise<void> {
  const settle = async (message: ConsumeMessage): Promise<void> => {
    try {
      await handle(jobIdOf(message));
      channel.ack(message);
    } catch (error) {
      // TODO(task 2): RETRY_DELAYS_MS, media.dead.
      log.error({ err: error }, 'a job failed, it will be tried again');
      channel.nack(message);
    }
  };
  // TODO(task 1): PREFETCH.
  await channel.consume(RENDER_QUEUE, (message) => {
    if (message) void settle(message);
  });
}

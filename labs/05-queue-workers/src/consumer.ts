import type { Channel, ConsumeMessage } from 'amqplib';
import { RENDER_QUEUE } from './broker.ts';
import { log } from './log.ts';
import { jobIdOf } from './message.ts';

export type Handle = (jobId: string) => Promise<void>;

/** Takes messages from the render queue, from now on. */
export async function consume(channel: Channel, handle: Handle): Promise<void> {
  // TODO(task 2): PREFETCH.
  await channel.consume(RENDER_QUEUE, (message) => {
    if (message) void settle(channel, handle, message);
  });
}

async function settle(channel: Channel, handle: Handle, message: ConsumeMessage): Promise<void> {
  try {
    await handle(jobIdOf(message));
    channel.ack(message);
  } catch (error) {
    // TODO(task 3): RETRY_DELAYS_MS, media.dead.
    log.error({ err: error }, 'a job failed, it will be tried again');
    channel.nack(message);
  }
}

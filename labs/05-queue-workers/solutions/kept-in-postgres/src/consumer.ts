import type { Channel, ConsumeMessage } from 'amqplib';
import { RENDER_QUEUE } from './broker.ts';
import { wholeNumber } from './env.ts';

const PREFETCH = wholeNumber('PREFETCH', 5);

export interface Consumer {
  /** Takes no more messages; resolves when those in flight are acknowledged. */
  stop(): Promise<void>;
}

/**
 * Takes messages from the render queue, at most PREFETCH at a time, and acknowledges each when
 * `settle` is done with it.
 *
 * @param onLost told when it cannot go on; the broker gives its messages to others.
 */
export async function consume(
  channel: Channel,
  settle: (message: ConsumeMessage) => Promise<void>,
  onLost: (error: unknown) => void,
): Promise<Consumer> {
  const inFlight = new Set<Promise<void>>();
  const take = async (message: ConsumeMessage): Promise<void> => {
    try {
      await settle(message);
      channel.ack(message);
    } catch (error) {
      onLost(error);
    }
  };
  channel.on('error', onLost);
  await channel.prefetch(PREFETCH);
  const { consumerTag } = await channel.consume(RENDER_QUEUE, (message) => {
    if (!message) return onLost(new Error(`${RENDER_QUEUE} is gone`));
    const work = take(message).finally(() => inFlight.delete(work));
    inFlight.add(work);
  });
  return {
    async stop() {
      await channel.cancel(consumerTag);
      await Promise.all(inFlight);
      await channel.close();
    },
  };
}

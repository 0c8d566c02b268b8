import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { declareQueue, QUEUE } from './broker.ts';
import { log, logContext } from './log.ts';
import { type CheckoutRequested, PUBLISHED_AT, readMessage, REQUEST_ID } from './message.ts';
import { queueWait } from './metrics.ts';

export type Fulfil = (message: CheckoutRequested) => Promise<void>;

/** Takes messages from now on, ten at a time. A message that cannot be fulfilled is dropped. */
export async function consume(broker: ChannelModel, fulfil: Fulfil): Promise<void> {
  const channel = await broker.createChannel();
  await declareQueue(channel);
  await channel.prefetch(10);
  const settle = async (message: ConsumeMessage): Promise<void> => {
    const publishedAt: unknown = message.properties.headers?.[PUBLISHED_AT];
    if (typeof publishedAt === 'number') queueWait.record((Date.now() - publishedAt) / 1_000);
    let orderId: string | undefined;
    try {
      const request = readMessage(message);
      orderId = request.orderId;
      await fulfil(request);
      log.info({ orderId }, 'checkout shipped');
      channel.ack(message);
    } catch (error) {
      log.error({ orderId, err: error }, 'checkout dropped');
      channel.reject(message, false);
    }
  };
  // OpenTelemetry calls this inside the CONSUMER span of the message, which ends with ack or reject.
  await channel.consume(QUEUE, (message) => {
    if (!message) return;
    const requestId = message.properties.headers?.[REQUEST_ID] as string | undefined;
    void logContext.run({ requestId }, () => settle(message));
  });
}

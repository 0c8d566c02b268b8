import { SpanKind, trace } from '@opentelemetry/api';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { declareQueue, QUEUE } from './broker.ts';
import { type CheckoutRequested, readMessage } from './message.ts';

const tracer = trace.getTracer('checkout');

export type Fulfil = (message: CheckoutRequested) => Promise<void>;

/** Takes messages from now on, ten at a time. A message that cannot be fulfilled is dropped. */
export async function consume(broker: ChannelModel, fulfil: Fulfil): Promise<void> {
  const channel = await broker.createChannel();
  await declareQueue(channel);
  await channel.prefetch(10);
  const settle = async (message: ConsumeMessage): Promise<void> => {
    try {
      await fulfil(readMessage(message));
      channel.ack(message);
    } catch (error) {
      console.log(`dropped ${message.content.toString('utf8')}`, error);
      channel.reject(message, false);
    }
  };
  await channel.consume(QUEUE, (message) => {
    if (!message) return;
    void tracer.startActiveSpan(`${QUEUE} process`, { kind: SpanKind.CONSUMER }, async (span) => {
      await settle(message);
      span.end();
    });
  });
}

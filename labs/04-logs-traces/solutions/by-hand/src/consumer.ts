import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { declareQueue, QUEUE } from './broker.ts';
import { currentRequest, log } from './log.ts';
import { type CheckoutRequested, PUBLISHED_AT, readMessage, REQUEST_ID } from './message.ts';
import { queueWait } from './metrics.ts';

const tracer = trace.getTracer('checkout');

export type Fulfil = (message: CheckoutRequested) => Promise<void>;

/** Takes messages from now on, ten at a time. A message that cannot be fulfilled is dropped. */
export async function consume(broker: ChannelModel, fulfil: Fulfil): Promise<void> {
  const channel = await broker.createChannel();
  await declareQueue(channel);
  await channel.prefetch(10);

  const settle = async (message: ConsumeMessage): Promise<boolean> => {
    let orderId: string | undefined;
    try {
      const request = readMessage(message);
      orderId = request.orderId;
      await fulfil(request);
      log.info({ orderId }, 'checkout shipped');
      channel.ack(message);
      return true;
    } catch (error) {
      log.error({ orderId, err: error }, 'checkout dropped');
      channel.reject(message, false);
      return false;
    }
  };

  const traced = async (message: ConsumeMessage, parent: Context): Promise<void> => {
    const options = { kind: SpanKind.CONSUMER };
    await tracer.startActiveSpan(`${QUEUE} process`, options, parent, async (span) => {
      if (!(await settle(message))) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
  };

  await channel.consume(QUEUE, (message) => {
    if (!message) return;
    const { headers = {} } = message.properties;
    const publishedAt: unknown = headers[PUBLISHED_AT];
    if (typeof publishedAt === 'number') queueWait.record((Date.now() - publishedAt) / 1_000);
    const requestId = String(headers[REQUEST_ID] ?? '');
    // Not the active context: this callback runs in the one of the start.
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    void currentRequest.run(requestId, () => traced(message, parent));
  });
}

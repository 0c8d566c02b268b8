import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { declareQueue, QUEUE } from './broker.ts';
import { currentRequest } from './log.ts';
import { type CheckoutRequested, PUBLISHED_AT, REQUEST_ID } from './message.ts';

const tracer = trace.getTracer('checkout');

/** Hands checkouts to the worker. */
export class Publisher {
  readonly #channel: ConfirmChannel;

  private constructor(channel: ConfirmChannel) {
    this.#channel = channel;
  }

  static async open(broker: ChannelModel): Promise<Publisher> {
    const channel = await broker.createConfirmChannel();
    await declareQueue(channel);
    return new Publisher(channel);
  }

  /** Resolves when the broker has the message, and rejects when it refuses it. */
  async publish(message: CheckoutRequested): Promise<void> {
    await tracer.startActiveSpan(`${QUEUE} send`, { kind: SpanKind.PRODUCER }, async (span) => {
      try {
        const headers = { [PUBLISHED_AT]: Date.now(), [REQUEST_ID]: currentRequest.getStore() };
        propagation.inject(context.active(), headers);
        await this.#send(message, headers);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  }

  async #send(message: CheckoutRequested, headers: object): Promise<void> {
    const confirmed = Promise.withResolvers<void>();
    this.#channel.sendToQueue(
      QUEUE,
      Buffer.from(JSON.stringify(message)),
      { persistent: true, headers },
      (error: unknown) => (error ? confirmed.reject(error) : confirmed.resolve()),
    );
    await confirmed.promise;
  }
}

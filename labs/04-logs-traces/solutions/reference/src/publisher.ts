import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { declareQueue, QUEUE } from './broker.ts';
import { logContext } from './log.ts';
import { type CheckoutRequested, PUBLISHED_AT, REQUEST_ID } from './message.ts';

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
    const confirmed = Promise.withResolvers<void>();
    this.#channel.sendToQueue(
      QUEUE,
      Buffer.from(JSON.stringify(message)),
      {
        persistent: true,
        headers: {
          [PUBLISHED_AT]: Date.now(),
          [REQUEST_ID]: logContext.getStore()?.requestId,
        },
      },
      (error: unknown) => (error ? confirmed.reject(error) : confirmed.resolve()),
    );
    await confirmed.promise;
  }
}

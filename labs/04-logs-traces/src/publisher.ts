import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { declareQueue, QUEUE } from './broker.ts';
import type { CheckoutRequested } from './message.ts';

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
      { persistent: true },
      (error: unknown) => (error ? confirmed.reject(error) : confirmed.resolve()),
    );
    await confirmed.promise;
  }
}

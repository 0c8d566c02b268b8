import { randomUUID } from 'node:crypto';
import type { ConfirmChannel, Options } from 'amqplib';

/** The broker has no queue for a message, and gave it back. */
export class Unroutable extends Error {
  constructor(exchange: string, routingKey: string) {
    super(`no queue takes ${routingKey} from the exchange "${exchange}"`);
  }
}

/** Publishes on a confirm channel and waits for the broker's word. */
export class Sender {
  readonly #channel: ConfirmChannel;
  readonly #returned = new Set<unknown>();

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    // A message that comes back is confirmed as well, right after.
    channel.on('return', ({ properties }) => this.#returned.add(properties.messageId));
  }

  /**
   * Resolves when a queue has the message on its disk.
   * Throws `Unroutable`, or the channel's error; then nobody knows whether it has it.
   */
  async send(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options: Options.Publish,
  ): Promise<void> {
    const messageId = randomUUID();
    const confirmed = Promise.withResolvers<void>();
    this.#channel.publish(
      exchange,
      routingKey,
      content,
      { ...options, messageId, persistent: true, mandatory: true },
      (error: unknown) => (error ? confirmed.reject(error as Error) : confirmed.resolve()),
    );
    await confirmed.promise;
    if (this.#returned.delete(messageId)) throw new Unroutable(exchange, routingKey);
  }
}

import type { ConfirmChannel, Options } from 'amqplib';

/** Publishes on a confirm channel and waits for the broker's word. */
export class Sender {
  readonly #channel: ConfirmChannel;

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
  }

  /**
   * Resolves when the broker has the message. Throws the channel's error; then nobody knows whether
   * it has it.
   */
  async send(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options: Options.Publish,
  ): Promise<void> {
    const confirmed = Promise.withResolvers<void>();
    this.#channel.publish(
      exchange,
      routingKey,
      content,
      { ...options, persistent: true },
      (error: unknown) => (error ? confirmed.reject(error as Error) : confirmed.resolve()),
    );
    await confirmed.promise;
  }
}

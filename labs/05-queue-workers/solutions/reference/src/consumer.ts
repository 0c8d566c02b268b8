import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { RENDER_QUEUE } from './broker.ts';
import { wholeNumber } from './env.ts';

const PREFETCH = wholeNumber('PREFETCH', 5);

/** Settles a message: when this resolves, the queue need not keep it. */
export type Handle = (message: ConsumeMessage) => Promise<void>;

/** Takes messages from the render queue, at most PREFETCH at a time. */
export class Consumer {
  readonly #channel: ConfirmChannel;
  readonly #log: Logger;
  readonly #inFlight = new Set<Promise<void>>();
  #tag = '';

  private constructor(channel: ConfirmChannel, log: Logger) {
    this.#channel = channel;
    this.#log = log;
  }

  /**
   * Begins to consume.
   *
   * @param handle makes the handler, given the consumer's channel.
   * @param onLost told when it cannot go on; the broker gives its messages to others.
   */
  static async start(
    broker: ChannelModel,
    handle: (channel: ConfirmChannel) => Promise<Handle>,
    onLost: (error: unknown) => void,
    log: Logger,
  ): Promise<Consumer> {
    const channel = await broker.createConfirmChannel();
    channel.on('error', onLost);
    const consumer = new Consumer(channel, log);
    const settle = await handle(channel);
    // Holds for consumers that start after it.
    await channel.prefetch(PREFETCH);
    const { consumerTag } = await channel.consume(RENDER_QUEUE, (message) => {
      if (message) consumer.#take(message, settle, onLost);
      else onLost(new Error(`${RENDER_QUEUE} is gone`));
    });
    consumer.#tag = consumerTag;
    return consumer;
  }

  /** Takes no more messages; resolves when those in flight are acknowledged. */
  async stop(): Promise<void> {
    await this.#channel.cancel(this.#tag);
    this.#log.info({ inFlight: this.#inFlight.size }, 'no new jobs');
    await Promise.all(this.#inFlight);
    await this.#channel.close();
  }

  #take(message: ConsumeMessage, settle: Handle, onLost: (error: unknown) => void): void {
    const work = settle(message)
      .then(() => this.#channel.ack(message), onLost)
      .finally(() => this.#inFlight.delete(work));
    this.#inFlight.add(work);
  }
}

import type { Channel, ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { EXCHANGE, RENDER_KEY } from './broker.ts';

/** Hands render jobs to the workers, by the newest connection. */
export class Publisher {
  readonly #log: Logger;
  #channel: Channel | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** From now on publishes by this connection. */
  async connected(connection: ChannelModel): Promise<void> {
    const channel = await connection.createChannel();
    channel.on('error', (error) => this.#log.error({ err: error }, 'the channel broke'));
    channel.on('close', () => {
      this.#channel = undefined;
      // The broker may close a channel alone; a new connection comes with a new one.
      connection.close().catch(() => {});
    });
    this.#channel = channel;
  }

  /** Returns when the job was taken. Throws when it was not. */
  async publish(jobId: string): Promise<void> {
    if (!this.#channel) throw new Error('there is no connection to the broker');
    const body = Buffer.from(JSON.stringify({ jobId }));
    const options = { contentType: 'application/json', persistent: true };
    if (!this.#channel.publish(EXCHANGE, RENDER_KEY, body, options)) {
      throw new Error('the broker is too busy');
    }
  }
}

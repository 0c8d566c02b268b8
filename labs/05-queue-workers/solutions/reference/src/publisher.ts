import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { EXCHANGE, RENDER_KEY } from './broker.ts';
import { deadline } from './deadline.ts';
import { wholeNumber } from './env.ts';
import { Sender } from './sender.ts';

const TIMEOUT_MS = wholeNumber('PUBLISH_TIMEOUT_MS', 5_000);

/** Hands render jobs to the workers, by the newest connection. */
export class Publisher {
  readonly #log: Logger;
  #sender: Sender | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** From now on publishes by this connection. */
  async connected(connection: ChannelModel): Promise<void> {
    const channel = await connection.createConfirmChannel();
    channel.on('error', (error) => this.#log.error({ err: error }, 'the channel broke'));
    channel.on('close', () => {
      this.#sender = undefined;
      // The broker may close a channel alone; a new connection comes with a new one.
      connection.close().catch(() => {});
    });
    this.#sender = new Sender(channel);
  }

  /** Resolves when the job is safe in the render queue. Throws when it is not known to be. */
  async publish(jobId: string): Promise<void> {
    if (!this.#sender) throw new Error('there is no connection to the broker');
    const sent = this.#sender.send(EXCHANGE, RENDER_KEY, Buffer.from(JSON.stringify({ jobId })), {
      contentType: 'application/json',
    });
    await deadline(sent, TIMEOUT_MS, 'the broker did not confirm the job');
  }
}

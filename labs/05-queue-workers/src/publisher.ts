import type { Channel } from 'amqplib';
import { EXCHANGE, RENDER_KEY } from './broker.ts';

/** Hands render jobs to the workers. */
export class Publisher {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Whether the job was taken. */
  publish(jobId: string): boolean {
    const body = Buffer.from(JSON.stringify({ jobId }));
    return this.#channel.publish(EXCHANGE, RENDER_KEY, body, { contentType: 'application/json' });
  }
}

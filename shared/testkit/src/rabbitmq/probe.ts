import type { Lease } from '@backend-labs/stack';
import { type Channel, type ChannelModel, connect, type GetMessage, type Options } from 'amqplib';
import { notLeased, ProbeTrouble } from '../errors.ts';
import { readMessage, type RabbitMessage } from './message.ts';

const CONNECT_WITHIN_MS = 10_000;
const NOT_FOUND = 404;

export interface QueueState {
  /** Messages that wait; those delivered and not yet acknowledged are not among them. */
  readonly ready: number;
  readonly consumers: number;
}

export type Published = 'routed' | 'unroutable' | 'no exchange';

export interface PublishOptions extends Options.Publish {
  readonly exchange?: string;
  readonly routingKey: string;
}

/**
 * Looks at the leased virtual host. Each question has a channel of its own, because the broker
 * closes a channel over a queue that is not there. Trouble with the server is a `StackError`.
 */
export class RabbitProbe implements AsyncDisposable {
  readonly #connection: ChannelModel;

  private constructor(connection: ChannelModel) {
    this.#connection = connection;
  }

  static async of(lease: Lease): Promise<RabbitProbe> {
    if (!lease.rabbitmq) throw notLeased('rabbitmq');
    try {
      const connection = await connect(lease.rabbitmq.url, {
        timeout: CONNECT_WITHIN_MS,
        noDelay: true,
      });
      // The next question reports it; without a listener it would end the test run.
      connection.on('error', () => {});
      return new RabbitProbe(connection);
    } catch (error) {
      throw new ProbeTrouble('rabbitmq', 'connect', error);
    }
  }

  /** `undefined` when there is no such queue. */
  queue(name: string): Promise<QueueState | undefined> {
    return this.#ask(`look at the queue ${name}`, async (channel) => {
      try {
        const { messageCount, consumerCount } = await channel.checkQueue(name);
        return { ready: messageCount, consumers: consumerCount };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
  }

  /** Makes a queue, bound to `exchange` with `routingKey` when they are given. */
  async declare(
    name: string,
    options: Options.AssertQueue & {
      readonly exchange?: string;
      readonly routingKey?: string;
    } = {},
  ): Promise<void> {
    const { exchange, routingKey = name, ...queue } = options;
    await this.#ask(`declare the queue ${name}`, async (channel) => {
      await channel.assertQueue(name, queue);
      if (exchange !== undefined) await channel.bindQueue(name, exchange, routingKey);
    });
  }

  /** Deletes a queue with what is in it, as an operator would; nothing happens when it is not there. */
  async deleteQueue(name: string): Promise<void> {
    await this.#ask(`delete the queue ${name}`, (channel) => channel.deleteQueue(name));
  }

  /** Makes an exchange that outlives the broker. */
  async declareExchange(name: string, type: 'direct' | 'topic' | 'fanout'): Promise<void> {
    await this.#ask(`declare the exchange ${name}`, (channel) =>
      channel.assertExchange(name, type, { durable: true }),
    );
  }

  /** Deletes an exchange with its bindings; nothing happens when it is not there. */
  async deleteExchange(name: string): Promise<void> {
    await this.#ask(`delete the exchange ${name}`, (channel) => channel.deleteExchange(name));
  }

  /**
   * Publishes and waits for the broker's word. A body that is no string or bytes is sent as JSON.
   * `unroutable`: confirmed, and dropped, because no queue wanted it.
   */
  async publish(body: unknown, options: PublishOptions): Promise<Published> {
    const { exchange = '', routingKey, ...rest } = options;
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    const content = Buffer.from(raw ? body : JSON.stringify(body));
    return this.#doing('publish', async () => {
      const channel = await this.#connection.createConfirmChannel();
      let outcome: Published = 'routed';
      channel.on('return', () => (outcome = 'unroutable'));
      const refused = Promise.withResolvers<unknown>();
      channel.on('error', refused.resolve);
      // Comes after 'error', and alone when the connection broke.
      channel.on('close', () => refused.resolve(new TypeError('the connection broke')));
      channel.publish(exchange, routingKey, content, {
        persistent: true,
        ...(!raw && { contentType: 'application/json' }),
        ...rest,
        mandatory: true,
      });
      const error = await channel.waitForConfirms().then(
        () => undefined,
        () => refused.promise,
      );
      if (isNotFound(error)) return 'no exchange';
      if (error !== undefined) throw error;
      await channel.close();
      return outcome;
    });
  }

  /** Takes everything that waits in the queue, in order. Empty when there is no such queue. */
  drain(name: string): Promise<RabbitMessage[]> {
    return this.#ask(`drain the queue ${name}`, async (channel) => {
      const taken: GetMessage[] = [];
      try {
        for (;;) {
          const message = await channel.get(name, { noAck: true });
          if (message === false) return taken.map(readMessage);
          taken.push(message);
        }
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close().catch(() => {});
  }

  #ask<T>(doing: string, question: (channel: Channel) => Promise<T>): Promise<T> {
    return this.#doing(doing, async () => {
      const channel = await this.#connection.createChannel();
      channel.on('error', () => {});
      const answer = await question(channel);
      // Closed already when the broker refused the question.
      await channel.close().catch(() => {});
      return answer;
    });
  }

  async #doing<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new ProbeTrouble('rabbitmq', doing, error);
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === NOT_FOUND;
}

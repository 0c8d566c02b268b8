import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { deadline } from './deadline.ts';
import { wholeNumber } from './env.ts';
import { Sender } from './sender.ts';
import { inTransaction } from './transaction.ts';

const TIMEOUT_MS = wholeNumber('PUBLISH_TIMEOUT_MS', 5_000);
const POLL_MS = 50;
const BATCH = 50;

interface OutboxRow {
  id: string;
  exchange: string;
  routing_key: string;
  content: Buffer;
  headers: Record<string, unknown>;
}

/**
 * Publishes what is due in the outbox. Any number may run side by side. A letter is published once
 * or, when a confirm is lost, more than once; it leaves the outbox when a queue has it.
 */
export class Relay {
  readonly #pool: Pool;
  readonly #log: Logger;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #sender: Sender | undefined;

  constructor(pool: Pool, log: Logger) {
    this.#pool = pool;
    this.#log = log;
    this.#running = this.#run();
  }

  /** From now on publishes by this connection. Without one, letters wait. */
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

  /** Ends when the letters in its hands are settled. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        if (this.#sender && (await this.#pass(this.#sender)) === BATCH) continue;
      } catch (error) {
        this.#log.error({ err: error }, 'the outbox was not emptied');
      }
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** One batch. Resolves with how many left the outbox. */
  async #pass(sender: Sender): Promise<number> {
    return inTransaction(this.#pool, async (client) => {
      // Another relay has the rows that are locked.
      const { rows } = await client.query<OutboxRow>(
        `SELECT id, exchange, routing_key, content, headers
           FROM outbox
          WHERE due_at <= now()
          ORDER BY due_at, id
          LIMIT $1
            FOR UPDATE SKIP LOCKED`,
        [BATCH],
      );
      if (rows.length === 0) return 0;
      const sends = await Promise.allSettled(rows.map((row) => send(sender, row)));
      const sent = rows.filter((_row, index) => sends[index]?.status === 'fulfilled');
      for (const send of sends) {
        if (send.status === 'rejected') this.#log.error({ err: send.reason }, 'a letter stays');
      }
      await client.query('DELETE FROM outbox WHERE id = ANY ($1)', [sent.map(({ id }) => id)]);
      return sent.length;
    });
  }
}

async function send(sender: Sender, row: OutboxRow): Promise<void> {
  const { exchange, routing_key, content, headers } = row;
  const sent = sender.send(exchange, routing_key, content, {
    headers,
    contentType: 'application/json',
  });
  await deadline(sent, TIMEOUT_MS, 'the broker did not confirm a letter');
}

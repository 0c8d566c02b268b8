import type { Pool, PoolClient } from 'pg';

/** A message on its way to the broker. */
export interface Letter {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Milliseconds that it waits before it is published. */
  readonly delay?: number;
}

/** Keeps a letter in the caller's transaction: it is sent if that commits, and only then. */
export async function post(client: Pool | PoolClient, letter: Letter): Promise<void> {
  const { exchange, routingKey, content, headers = {}, delay = 0 } = letter;
  await client.query(
    `INSERT INTO outbox (exchange, routing_key, content, headers, due_at)
     VALUES ($1, $2, $3, $4, now() + $5 * interval '1 ms')`,
    [exchange, routingKey, content, headers, delay],
  );
}

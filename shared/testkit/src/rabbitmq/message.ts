import type { GetMessage, MessageProperties } from 'amqplib';
import { jsonOrNothing } from '../json.ts';

/** Why and how often a message was dead-lettered, per queue and reason. */
export interface Death {
  readonly queue: string;
  /** `rejected`, `expired`, `maxlen` or `delivery_limit`. */
  readonly reason: string;
  readonly count: number;
}

/** A message taken from a queue. */
export interface RabbitMessage {
  readonly text: string;
  /** The body as it lies in the queue, also where it is no text. */
  readonly bytes: Buffer;
  /** Parsed when it is JSON, else `undefined`. */
  readonly json: unknown;
  readonly exchange: string;
  readonly routingKey: string;
  /** Without `x-death`. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** From the `x-death` header, the newest first. */
  readonly deaths: readonly Death[];
  /** It was delivered before. */
  readonly redelivered: boolean;
  readonly persistent: boolean;
  /**
   * As they lie in the queue, with every header and `x-death`: what to publish it with to move it
   * elsewhere as an operator does.
   */
  readonly properties: Readonly<MessageProperties>;
}

const PERSISTENT = 2;

export function readMessage({ content, fields, properties }: GetMessage): RabbitMessage {
  const text = content.toString('utf8');
  const { 'x-death': deaths, ...headers } = (properties.headers ?? {}) as Record<string, unknown>;
  return {
    text,
    bytes: content,
    json: jsonOrNothing(text),
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    headers,
    deaths: Array.isArray(deaths) ? (deaths as Record<string, unknown>[]).map(readDeath) : [],
    redelivered: fields.redelivered,
    persistent: properties.deliveryMode === PERSISTENT,
    properties,
  };
}

function readDeath(death: Readonly<Record<string, unknown>>): Death {
  const { queue, reason, count } = death;
  return {
    queue: typeof queue === 'string' ? queue : '',
    reason: typeof reason === 'string' ? reason : '',
    count: Number(count ?? 0),
  };
}

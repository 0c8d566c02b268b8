import type { EachMessagePayload } from 'kafkajs';
import { jsonOrNothing } from '../json.ts';

export interface NewRecord {
  readonly key?: string | null;
  /** `null` is a tombstone's value only when sent as the service does; here it is JSON `null`. */
  readonly value: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Chosen from the key unless told. */
  readonly partition?: number;
}

export interface KafkaRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  /** `null` for a tombstone. */
  readonly text: string | null;
  /** Parsed when it is JSON, else `undefined`. */
  readonly json: unknown;
  /** The last one of a name that comes more than once. */
  readonly headers: Readonly<Record<string, string>>;
}

export function readRecord({ partition, message }: EachMessagePayload): KafkaRecord {
  const text = message.value?.toString('utf8') ?? null;
  return {
    partition,
    offset: Number(message.offset),
    key: message.key?.toString('utf8') ?? null,
    text,
    json: jsonOrNothing(text ?? ''),
    headers: Object.fromEntries(
      Object.entries(message.headers ?? {}).map(([name, value]) => [
        name,
        String(Array.isArray(value) ? value.at(-1) : value),
      ]),
    ),
  };
}

import type { EachMessagePayload } from 'kafkajs';
import { jsonOrNothing } from '../json.ts';

export interface NewRecord {
  readonly key?: string | Buffer | null;
  /** Bytes and text go as they are, `null` is a tombstone, anything else goes as JSON. */
  readonly value: unknown;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
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
  /** The same, byte for byte. */
  readonly bytes: RecordBytes;
}

export interface RecordBytes {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** What goes to the broker for the value of a record. */
export function valueBytes(value: unknown): Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

export function readRecord({ partition, message }: EachMessagePayload): KafkaRecord {
  const bytes: RecordBytes = {
    key: message.key ?? null,
    value: message.value ?? null,
    headers: Object.fromEntries(
      Object.entries(message.headers ?? {}).map(([name, value]) => [
        name,
        Buffer.from((Array.isArray(value) ? value.at(-1) : value) ?? ''),
      ]),
    ),
  };
  const text = bytes.value?.toString('utf8') ?? null;
  return {
    partition,
    offset: Number(message.offset),
    key: bytes.key?.toString('utf8') ?? null,
    text,
    json: jsonOrNothing(text ?? ''),
    headers: Object.fromEntries(
      Object.entries(bytes.headers).map(([name, value]) => [name, value.toString('utf8')]),
    ),
    bytes,
  };
}

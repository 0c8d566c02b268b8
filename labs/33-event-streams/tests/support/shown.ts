import { isUtf8 } from 'node:buffer';

/** Bytes for a message: as text, or in hex when they are none. */
export function shown(bytes: Buffer | string | null | undefined): string {
  if (bytes === null || bytes === undefined) return '(nothing)';
  if (typeof bytes === 'string') return bytes;
  return isUtf8(bytes) ? bytes.toString() : `the bytes ${bytes.toString('hex')}`;
}

/** What a record's value is on the broker, for a message. */
export function shownValue(value: unknown): string {
  if (value === null || typeof value === 'string' || Buffer.isBuffer(value)) return shown(value);
  return JSON.stringify(value);
}

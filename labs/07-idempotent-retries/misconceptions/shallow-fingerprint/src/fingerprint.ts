import { createHash } from 'node:crypto';
import { isObject } from './params.ts';

/** The same for two values that differ only in the order of their keys. */
export function fingerprint(value: unknown): string {
  const names = isObject(value) ? Object.keys(value).toSorted() : [];
  return createHash('sha256').update(JSON.stringify(value, names)).digest('hex');
}

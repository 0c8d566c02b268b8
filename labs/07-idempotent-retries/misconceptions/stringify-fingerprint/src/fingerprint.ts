import { createHash } from 'node:crypto';

/** A hash of a request as it was written. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

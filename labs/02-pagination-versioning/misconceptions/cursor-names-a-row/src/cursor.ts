import { createHash } from 'node:crypto';
import { Problem } from './problems.ts';

/** Goes up when cursors change their meaning, so that old ones are refused and not misread. */
const VERSION = 1;

/**
 * A cursor for what comes after the event with this id.
 *
 * @param scope the list and its filters; the cursor is good for nothing else.
 */
export function encodeCursor(id: string, scope: string): string {
  const place = Buffer.from(id).toString('base64url');
  return `${place}.${checksum(place, scope)}`;
}

/** Throws `invalid-cursor` for anything that `encodeCursor` did not make for this scope. */
export function decodeCursor(cursor: string, scope: string): string {
  const [place = '', check] = cursor.split('.');
  if (check !== checksum(place, scope)) {
    throw new Problem('invalid-cursor', 'Begin again without a cursor, or keep the filters.');
  }
  return Buffer.from(place, 'base64url').toString();
}

const checksum = (place: string, scope: string): string =>
  createHash('sha256').update(`${VERSION} ${place} ${scope}`).digest('base64url').slice(0, 22);

import { createHash } from 'node:crypto';
import { Problem } from './problems.ts';

/** Goes up when cursors change their meaning, so that old ones are refused and not misread. */
const VERSION = 1;

/** The place of an event in its list: all columns of the order, as exact as the database has them. */
export interface Place {
  /** An instant with microseconds. */
  readonly at: string;
  readonly id: string;
}

/**
 * A cursor for what comes after `place`.
 *
 * @param scope the list and its filters; the cursor is good for nothing else.
 */
export function encodeCursor({ at, id }: Place, scope: string): string {
  const place = Buffer.from(`${at} ${id}`).toString('base64url');
  return `${place}.${checksum(place, scope)}`;
}

/** Throws `invalid-cursor` for anything that `encodeCursor` did not make for this scope. */
export function decodeCursor(cursor: string, scope: string): Place {
  const [place = ''] = cursor.split('.');
  if (cursor !== `${place}.${checksum(place, scope)}`) {
    throw new Problem('invalid-cursor', 'Begin again without a cursor, or keep the filters.');
  }
  const [at = '', id = ''] = Buffer.from(place, 'base64url').toString().split(' ');
  return { at, id };
}

const checksum = (place: string, scope: string): string =>
  createHash('sha256').update(`${VERSION} ${place} ${scope}`).digest('base64url').slice(0, 22);

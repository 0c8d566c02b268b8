import { Problem } from './problems.ts';

/** The place of an event in its list: all columns of the order, as exact as the database has them. */
export interface Place {
  /** An instant with microseconds. */
  readonly at: string;
  readonly id: string;
}

/** A cursor for what comes after `place`. */
export function encodeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Throws `invalid-cursor` for anything that has no place in it. */
export function decodeCursor(cursor: string): Place {
  try {
    const { at, id } = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Partial<Place>;
    if (at !== undefined && id !== undefined) return { at, id };
  } catch {
    // Not JSON: refused below, as any other.
  }
  throw new Problem('invalid-cursor', 'Begin again without a cursor.');
}

import { createHash } from 'node:crypto';

/** A file of a service with one small mistake in it. */
export interface Mutant {
  /** The same for the same mistake in the same file, in every run. */
  readonly id: string;
  readonly kind: 'sql' | 'typescript';
  /** Relative to the service's folder: `src/app.ts`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Which kind of mistake: `drop-conjunct`, `ConditionalExpression`. */
  readonly operator: string;
  /** The changed piece: a statement for SQL, an expression for TypeScript. */
  readonly was: string;
  readonly now: string;
  /** Where the change is in the file as it was, as an index of characters. */
  readonly at: number;
  /** The whole file with the mistake. */
  readonly text: string;
}

/** A mutant before it has a name and a place. */
export type Found = Omit<Mutant, 'id' | 'file' | 'line'>;

export function mutantOf(file: string, source: string, found: Found): Mutant {
  const id = createHash('sha256').update(`${file}\0${found.text}`).digest('hex').slice(0, 12);
  return { id, file, line: source.slice(0, found.at).split('\n').length, ...found };
}

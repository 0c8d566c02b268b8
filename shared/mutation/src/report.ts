import type { Mutant } from './mutant.ts';
import type { MutantVerdict } from './verdict.ts';
import { createTwoFilesPatch } from 'diff';
import type { Covering } from './coverage/coverage.ts';

/** At least this share of the unmarked mutants must be killed. */
export const LEAST_KILLED = 0.95;
/** At most this share of the mutants may be marked. */
export const MOST_MARKED = 0.2;

/** A mutant that no test killed. */
export interface Survivor {
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly operator: string;
  readonly status: Exclude<MutantVerdict['status'], 'killed'>;
  /** Why it could not be judged. */
  readonly message?: string;
  /** The change as a unified diff; of SQL, of the statement as the printer prints it. */
  readonly diff: string;
  /** The points whose tests run the code; none for a migration, which all run. */
  readonly points: readonly string[];
  /** The tasks that judged it. */
  readonly tasks: readonly number[];
}

export interface MutationReport {
  readonly lab: string;
  readonly solution: string;
  readonly seed: string;
  /** How many were drawn of those that the compiler accepts, marked ones included; all when absent. */
  readonly sample?: number;
  readonly generated: number;
  /** Refused by the compiler. */
  readonly untyped: number;
  /** Of those that the compiler accepts, by the reason in mutants.yaml. */
  readonly marked: { readonly equivalent: number; readonly notAskedFor: number };
  /** Judged: drawn, and not marked. */
  readonly judged: number;
  readonly killed: number;
  readonly survivors: readonly Survivor[];
  /** Marks that fit no mutant. */
  readonly faults: readonly string[];
  /** SQL that cannot be mutated. */
  readonly notMutated: readonly string[];
  /** Milliseconds. */
  readonly duration: number;
}

/** Shares from 0 to 1. */
export interface Shares {
  readonly killed: number;
  readonly marked: number;
}

export function sharesOf({ judged, killed, generated, untyped, marked }: MutationReport): Shares {
  const compiled = generated - untyped;
  return {
    killed: judged === 0 ? 1 : killed / judged,
    marked: compiled === 0 ? 0 : (marked.equivalent + marked.notAskedFor) / compiled,
  };
}

/** Whether the lab's tests are as strong as the design asks, and its marks are in order. */
export function isStrong(report: MutationReport): boolean {
  const { killed, marked } = sharesOf(report);
  return killed >= LEAST_KILLED && marked <= MOST_MARKED && report.faults.length === 0;
}

export function survivorOf(
  mutant: Mutant,
  status: Survivor['status'],
  { message }: Pick<MutantVerdict, 'message'>,
  source: string,
  { tasks, points }: Covering,
): Survivor {
  const { id, file, line, operator } = mutant;
  const numbers = tasks.map(({ number }) => number).toSorted((a, b) => a - b);
  return {
    id,
    file,
    line,
    operator,
    status,
    ...(message !== undefined && { message }),
    diff: diffOf(mutant, source),
    points: points.toSorted(byNumber),
    tasks: numbers,
  };
}

/** Printed SQL looks nothing like the author's, so statements are compared as both were printed. */
function diffOf({ kind, file, was, now, text }: Mutant, source: string): string {
  const [before, after] = kind === 'sql' ? [`${was}\n`, `${now}\n`] : [source, text];
  const patch = createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, '', '', {
    context: 2,
  });
  return patch.split('\n').slice(1).join('\n').replaceAll('\t\n', '\n').trimEnd();
}

/** `2.9` before `2.10`. */
function byNumber(a: string, b: string): number {
  const [taskA = 0, pointA = 0] = a.split('.').map(Number);
  const [taskB = 0, pointB = 0] = b.split('.').map(Number);
  return taskA - taskB || pointA - pointB;
}

import type { MutantMark } from '@backend-labs/catalog';
import type { Mutant } from './mutant.ts';

/** The solution that a lab's bar is about: every mark must be of use there, unless it names another. */
export const REFERENCE = 'reference';

/** A mutant that no test needs to catch. */
export interface Marked {
  readonly mutant: Mutant;
  readonly mark: MutantMark;
}

export interface Sorted {
  readonly marked: readonly Marked[];
  readonly unmarked: readonly Mutant[];
  /** Marks that fit no mutant: one line each. */
  readonly faults: readonly string[];
}

/**
 * Sorts mutants into marked ones and others.
 *
 * @param lineOf a line of a file as it was before the change.
 * @param solution whose mutants they are.
 */
export function sortByMarks(
  mutants: readonly Mutant[],
  marks: readonly MutantMark[],
  lineOf: (mutant: Mutant) => string,
  solution: string,
): Sorted {
  const own = marks.filter((mark) => (mark.solution ?? solution) === solution);
  const used = new Set<MutantMark>();
  const marked: Marked[] = [];
  const unmarked: Mutant[] = [];
  for (const mutant of mutants) {
    const fitting = own.filter((mark) => fits(mark, mutant, lineOf));
    for (const mark of fitting) used.add(mark);
    const [mark] = fitting;
    if (mark) marked.push({ mutant, mark });
    else unmarked.push(mutant);
  }
  const faults = own
    .filter((mark) => (mark.solution ?? REFERENCE) === solution && !used.has(mark))
    .map((mark) => `the mark of ${describe(mark)} fits no mutant`);
  return { marked, unmarked, faults };
}

function fits(mark: MutantMark, mutant: Mutant, lineOf: (mutant: Mutant) => string): boolean {
  const { file, line = '', operator = '', replacement = '' } = mark;
  return (
    mutant.file === file &&
    mutant.operator.includes(operator) &&
    mutant.now.includes(replacement) &&
    lineOf(mutant).includes(line)
  );
}

function describe({ file, line, operator, replacement }: MutantMark): string {
  const parts = [line, operator, replacement].filter((part) => part !== undefined);
  return `${file} (${parts.map((part) => JSON.stringify(part)).join(', ')})`;
}

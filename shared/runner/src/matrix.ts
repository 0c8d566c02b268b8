import type { Lab, Misconception } from '@backend-labs/catalog';
import type { Status, TaskResult } from './verdict.ts';

/** What a row must show. */
export type Expectation =
  | { readonly kind: 'starter' }
  | { readonly kind: 'solution' }
  | { readonly kind: 'misconception'; readonly misconception: Misconception };

export interface MatrixCell {
  readonly task: number;
  readonly status: Status;
  /** Lesson ids that fired, sorted. */
  readonly lessons: readonly string[];
  /** First words of the first failure. */
  readonly message?: string;
}

export interface MatrixRow {
  readonly name: string;
  readonly kind: Expectation['kind'];
  readonly cells: readonly MatrixCell[];
  /** One line each: where the row is not what it must be. */
  readonly problems: readonly string[];
}

/** The cell that a verdict makes. */
export function cellOf(result: TaskResult): MatrixCell {
  const lessons = new Set(result.failures.flatMap(({ lesson }) => lesson ?? []));
  const message = result.failures[0]?.message.trim();
  return {
    task: result.task,
    status: result.status,
    lessons: [...lessons].toSorted(),
    ...(message !== undefined && { message }),
  };
}

/** What is wrong with a row; nothing when the lab proves itself there. */
export function problemsOf(
  lab: Lab,
  expectation: Expectation,
  cells: readonly MatrixCell[],
): string[] {
  const broken = cells
    .filter(({ status }) => status === 'error')
    .map(({ task, message }) => `task ${task} ended in an error: ${firstLine(message)}`);
  const judged = cells.filter(({ status }) => status !== 'error' && status !== 'not run');
  return [...broken, ...judged.flatMap((cell) => cellProblems(lab, expectation, cell))];
}

function cellProblems(lab: Lab, expectation: Expectation, cell: MatrixCell): string[] {
  switch (expectation.kind) {
    case 'starter': {
      const listed = lab.starter.fails.includes(cell.task);
      if (listed && cell.status === 'passed')
        return [`task ${cell.task} passes on the starter; starter.fails lists it`];
      if (!listed && cell.status !== 'passed') {
        return [`task ${cell.task} ${said(cell)} on the starter; starter.fails does not list it`];
      }
      return accusations(cell, lab.starter.lessons);
    }
    case 'solution':
      return cell.status === 'passed'
        ? []
        : [`task ${cell.task} ${said(cell)}: ${firstLine(cell.message)}`];
    case 'misconception': {
      const { killedBy, stillPasses, lesson } = expectation.misconception;
      if (killedBy.includes(cell.task)) {
        if (cell.status !== 'failed') return [`task ${cell.task} must fail and ${said(cell)}`];
        if (!cell.lessons.includes(lesson)) {
          return [
            `task ${cell.task} failed without the lesson ${lesson}: ${firstLine(cell.message)}`,
          ];
        }
      } else if (stillPasses.includes(cell.task) && cell.status !== 'passed') {
        return [`task ${cell.task} must pass and ${said(cell)}: ${firstLine(cell.message)}`];
      }
      // Where it claims nothing it may still have the starter's own mistakes.
      const claimed = killedBy.includes(cell.task) || stillPasses.includes(cell.task);
      return accusations(cell, claimed ? [lesson] : [lesson, ...lab.starter.lessons]);
    }
  }
}

function accusations(cell: MatrixCell, allowed: readonly string[]): string[] {
  return cell.lessons
    .filter((lesson) => !allowed.includes(lesson))
    .map((lesson) => `task ${cell.task} accuses falsely: lesson ${lesson} fired`);
}

function said({ status }: MatrixCell): string {
  return status === 'waiting' ? 'waits for another' : status;
}

function firstLine(text = ''): string {
  return text.split('\n', 1)[0] ?? '';
}

/** Cells whose verdict was not the same in every repeat: one line each, with the words of a failure. */
export function differing(repeats: readonly (readonly MatrixRow[])[]): string[] {
  const cells = repeats.flat().flatMap(({ name, cells: own }) =>
    own.map((cell) => ({
      where: `${name}, task ${cell.task}`,
      verdict: [cell.status, ...cell.lessons].join(' '),
      message: cell.message,
    })),
  );
  const byCell = Map.groupBy(cells, ({ where }) => where);
  return [...byCell].flatMap(([where, seen]) => {
    const verdicts = Map.groupBy(seen, ({ verdict }) => verdict);
    if (verdicts.size === 1) return [];
    const counts = [...verdicts].map(([verdict, same]) => {
      const message = same.find((each) => each.message !== undefined)?.message;
      return `${verdict} ${same.length} times${message === undefined ? '' : ` (${firstLine(message)})`}`;
    });
    return [`${where}: ${counts.join(', ')}`];
  });
}

import type { Design, Lab, Misconception } from '@backend-labs/catalog';
import type { CellTest, MatrixCell } from './cell.ts';

/** What a row must show. */
export type Expectation =
  | { readonly kind: 'starter' }
  | { readonly kind: 'solution' }
  | { readonly kind: 'design'; readonly design: Design }
  | { readonly kind: 'misconception'; readonly misconception: Misconception };

export interface MatrixRow {
  readonly name: string;
  readonly kind: Expectation['kind'];
  readonly cells: readonly MatrixCell[];
  /** One line each: where the row is not what it must be. */
  readonly problems: readonly string[];
}

/** What is wrong with a row; nothing when the lab proves itself there. */
export function problemsOf(
  lab: Lab,
  expectation: Expectation,
  cells: readonly MatrixCell[],
): string[] {
  const broken = cells
    .filter(({ status }) => status === 'error')
    .map(({ task, message = '' }) => `task ${task} ended in an error: ${message}`);
  const judged = cells.filter(({ status }) => status !== 'error').map(onlyJudged);
  return [...broken, ...judged.flatMap((cell) => cellProblems(lab, expectation, cell))];
}

/** A cell without the tests and points that this machine could not judge. */
function onlyJudged(cell: MatrixCell): MatrixCell {
  const points = Object.entries(cell.points).filter(([, status]) => status !== 'not run');
  return {
    ...cell,
    points: Object.fromEntries(points),
    tests: cell.tests.filter(({ status }) => status !== 'not run'),
  };
}

function cellProblems(lab: Lab, expectation: Expectation, cell: MatrixCell): string[] {
  switch (expectation.kind) {
    case 'starter':
      return starterProblems(lab, cell);
    case 'solution':
    case 'design':
      if (cell.status === 'waiting') return [`task ${cell.task} waits for another`];
      return redTests(cell.tests);
    case 'misconception':
      return misconceptionProblems(lab, expectation.misconception, cell);
  }
}

function starterProblems(lab: Lab, cell: MatrixCell): string[] {
  const wrong = Object.entries(cell.points).flatMap(([point, status]) => {
    const listed = lab.starter.fails.includes(point);
    if (listed === (status !== 'passed')) return [];
    return listed
      ? [`${point} passes on the starter; starter.fails lists it`]
      : [`${point} ${status} on the starter; starter.fails does not list it`];
  });
  return [...wrong, ...accusations(cell, lab.starter.lessons)];
}

function misconceptionProblems(
  lab: Lab,
  { breaks, mayBreak, lesson, over }: Misconception,
  cell: MatrixCell,
): string[] {
  // Over the starter it may still have the starter's own mistakes.
  const excused = new Set([...breaks, ...mayBreak, ...(over ? [] : lab.starter.fails)]);
  if (cell.status === 'waiting') return waits(lab, cell.task, excused);
  const claimed = breaks.filter((point) => point in cell.points);
  const alive = claimed.filter((point) => cell.points[point] !== 'failed');
  const failing = cell.tests.filter(
    ({ status, points }) => status === 'failed' && points.some((point) => claimed.includes(point)),
  );
  const [first] = failing;
  return [
    ...alive.map((point) => `${point} must fail and ${cell.points[point]}`),
    ...(first && !failing.some(({ lessons }) => lessons.includes(lesson))
      ? [`${first.points.join(', ')} failed without the lesson ${lesson}: ${first.message ?? ''}`]
      : []),
    ...redTests(cell.tests.filter(({ points }) => !points.some((point) => excused.has(point)))),
    ...accusations(cell, over ? [lesson] : [lesson, ...lab.starter.lessons]),
  ];
}

/** A task may wait for one that the row must not pass. */
function waits(lab: Lab, task: number, excused: ReadonlySet<string>): string[] {
  const needs = lab.tasks.find(({ number }) => number === task)?.needs ?? [];
  const needed = lab.tasks.filter(({ number }) => needs.includes(number));
  if (needed.some(({ points }) => points.some(({ id }) => excused.has(id)))) return [];
  return [`task ${task} waits for another`];
}

function redTests(tests: readonly CellTest[]): string[] {
  return tests
    .filter(({ status }) => status !== 'passed')
    .map(({ points, status, title, message = '' }) => {
      return `${points.join(', ')} must pass and ${status} ("${title}"): ${message}`;
    });
}

function accusations(cell: MatrixCell, allowed: readonly string[]): string[] {
  return cell.lessons
    .filter((lesson) => !allowed.includes(lesson))
    .map((lesson) => `task ${cell.task} accuses falsely: lesson ${lesson} fired`);
}

/** Tests whose verdict was not the same in every repeat: one line each, with a failure's words. */
export function differing(repeats: readonly (readonly MatrixRow[])[]): string[] {
  const tests = repeats.flat().flatMap(({ name, cells }) =>
    cells.flatMap(({ task, tests: own, status }) => [
      // A task that is not judged has no tests.
      { where: `${name}, task ${task}`, verdict: own.length > 0 ? 'judged' : status, message: '' },
      ...own.map(({ title, status: of, lessons, message = '' }) => ({
        where: `${name}, task ${task}, "${title}"`,
        verdict: [of, ...lessons].join(' '),
        message,
      })),
    ]),
  );
  const byTest = Map.groupBy(tests, ({ where }) => where);
  return [...byTest].flatMap(([where, seen]) => {
    const verdicts = Map.groupBy(seen, ({ verdict }) => verdict);
    if (verdicts.size === 1) return [];
    const counts = [...verdicts].map(([verdict, same]) => {
      const message = same.find((each) => each.message !== '')?.message;
      return `${verdict} ${same.length} times${message === undefined ? '' : ` (${message})`}`;
    });
    return [`${where}: ${counts.join(', ')}`];
  });
}

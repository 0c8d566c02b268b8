import type { Lab, Misconception } from '@backend-labs/catalog';
import type { MatrixRow } from '../matrix.ts';

/** A misconception that breaks more points than these shows little about each. */
const FEW = 3;

/** Which points of a lab a known-wrong answer has been shown to break. */
export interface Proof {
  readonly proven: readonly string[];
  readonly unproven: readonly string[];
}

/**
 * A point is proven when a misconception breaks it and little else, and the tests caught it.
 *
 * @param rows of the matrix; a misconception without a row, or whose row has a problem, proves nothing.
 */
export function proofOf(
  lab: Lab,
  misconceptions: readonly Misconception[],
  rows: readonly MatrixRow[],
): Proof {
  const sound = new Map(
    rows.filter(({ problems }) => problems.length === 0).map((row) => [row.name, row]),
  );
  const shown = new Set(
    misconceptions
      .filter(({ breaks }) => breaks.length <= FEW)
      .flatMap(({ name, breaks }) => {
        const cells = sound.get(`misconceptions/${name}`)?.cells ?? [];
        return breaks.filter((point) => cells.some(({ points }) => points[point] === 'failed'));
      }),
  );
  // A part of a matrix says nothing about the tasks that it leaves out.
  const judged = new Set(rows.flatMap(({ cells }) => cells.map(({ task }) => task)));
  const points = lab.tasks
    .filter(({ number }) => judged.has(number))
    .flatMap((task) => task.points.map(({ id }) => id));
  return {
    proven: points.filter((point) => shown.has(point)),
    unproven: points.filter((point) => !shown.has(point)),
  };
}

/**
 * Where the ticket's points and the tests' do not fit together: one line each.
 *
 * @param rows any in which the tests ran.
 */
export function pointProblems(lab: Lab, rows: readonly MatrixRow[]): string[] {
  return lab.tasks.flatMap(({ number, points }) => {
    const cells = rows.flatMap((row) => row.cells.filter(({ task }) => task === number));
    const tests = cells.find((cell) => cell.tests.length > 0)?.tests;
    if (!tests) return [];
    const ids = new Set(points.map(({ id }) => id));
    const judged = new Set(tests.flatMap((test) => test.points));
    return [
      ...(points.length === 0 ? [`task ${number} has no numbered points in the ticket`] : []),
      ...tests
        .filter((test) => test.points.length === 0)
        .map(({ title }) => `task ${number}: the test "${title}" names no point`),
      ...[...judged]
        .filter((point) => !ids.has(point))
        .map((point) => `task ${number}: a test judges ${point}, which the ticket lacks`),
      ...[...ids]
        .filter((point) => !judged.has(point))
        .map((point) => `task ${number}: no test judges ${point}`),
    ];
  });
}

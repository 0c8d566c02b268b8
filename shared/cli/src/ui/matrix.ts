import type { MatrixRow, VerifyReport } from '@backend-labs/runner';
import { paint } from './style.ts';
import { MARKS } from './verdicts.ts';

/** A lab's matrix, its problems and its figures. */
export function renderReport(report: VerifyReport): string {
  const width = Math.max(0, ...report.rows.map(({ name }) => name.length));
  const judged = report.rows.flatMap(({ cells }) => cells);
  const tasks = [...new Set(judged.map(({ task }) => task))].toSorted((a, b) => a - b);
  const columns = tasks.map((task) => {
    const points = judged.find((cell) => cell.task === task)?.points ?? {};
    return { task, points: Object.keys(points) };
  });
  const problems = [
    ...report.problems,
    ...report.rows.flatMap((row) => row.problems.map((problem) => `${row.name}: ${problem}`)),
    ...report.flakes.map((flake) => `flake: ${flake}`),
  ];
  return [
    paint('bold', report.lab),
    `   ${' '.repeat(width)}  ${columns.map(({ task, points }) => String(task).padEnd(Math.max(1, points.length))).join(' ')}`,
    ...report.rows.map((row) => renderRow(row, width, columns)),
    ...problems.map((problem) => paint('red', `   ${problem}`)),
    ...(report.points.unproven.length > 0
      ? [paint('dim', `   not proven: ${report.points.unproven.join(', ')}`)]
      : []),
    `   ${figures(report)}`,
    '',
  ].join('\n');
}

interface Column {
  readonly task: number;
  readonly points: readonly string[];
}

/** A mark for each point; with an L behind the task where a lesson fired. */
function renderRow(
  { name, cells, problems }: MatrixRow,
  width: number,
  columns: readonly Column[],
): string {
  const mark = problems.length === 0 ? paint('green', '✓') : paint('red', '✗');
  const marks = columns.map(({ task, points }) => {
    const cell = cells.find((each) => each.task === task);
    if (!cell) return ' '.repeat(Math.max(1, points.length));
    if (points.length === 0) return MARKS[cell.status];
    return points.map((point) => MARKS[cell.points[point] ?? cell.status]).join('');
  });
  const lessons = [...new Set(cells.flatMap((cell) => cell.lessons))];
  const taught = lessons.length > 0 ? paint('dim', `  ${lessons.join(', ')}`) : '';
  return ` ${mark} ${name.padEnd(width)}  ${marks.join(' ')}${taught}`.trimEnd();
}

function figures(report: VerifyReport): string {
  const { misconceptions, solutions, designs, points, seeds, flakes, cells, duration } = report;
  const times = seeds.length === 1 ? 'once' : `${seeds.length} times`;
  const all = points.proven.length + points.unproven.length;
  return [
    `${points.proven.length} of ${all} points proven`,
    `${misconceptions.sound} of ${misconceptions.of} misconceptions killed`,
    `${solutions.sound} of ${solutions.of} solutions accepted`,
    ...(designs.of > 0 ? [`${designs.sound} of ${designs.of} other designs accepted`] : []),
    `each test run ${times}, ${flakes.length} flaky`,
    ...(seeds.length > 1 ? [`seeds ${seeds.join(' ')}`] : []),
    ...(cells.notRun > 0 ? [`${cells.notRun} NOT RUN`] : []),
    `${(duration / 1000).toFixed(1)} s`,
  ].join(', ');
}

import type { MatrixCell, MatrixRow, VerifyReport } from '@backend-labs/runner';
import { paint } from './style.ts';
import { MARKS } from './verdicts.ts';

/** A lab's matrix, its problems and its figures. */
export function renderReport(report: VerifyReport): string {
  const width = Math.max(...report.rows.map(({ name }) => name.length));
  const judged = report.rows.flatMap(({ cells }) => cells.map(({ task }) => task));
  const tasks = [...new Set(judged)].toSorted((a, b) => a - b);
  const problems = [
    ...report.rows.flatMap((row) => row.problems.map((problem) => `${row.name}: ${problem}`)),
    ...report.flakes.map((flake) => `flake: ${flake}`),
  ];
  return [
    paint('bold', report.lab),
    `   ${' '.repeat(width)}  ${tasks.map((task) => String(task).padEnd(2)).join(' ')}`,
    ...report.rows.map((row) => renderRow(row, width, tasks)),
    ...problems.map((problem) => paint('red', `   ${problem}`)),
    `   ${figures(report)}`,
    '',
  ].join('\n');
}

function renderRow(
  { name, cells, problems }: MatrixRow,
  width: number,
  tasks: readonly number[],
): string {
  const mark = problems.length === 0 ? paint('green', '✓') : paint('red', '✗');
  const marks = tasks.map((task) => {
    const cell = cells.find((each) => each.task === task);
    return cell ? renderCell(cell) : '  ';
  });
  return ` ${mark} ${name.padEnd(width)}  ${marks.join(' ')}`.trimEnd();
}

/** A cell's mark; with an L where a lesson fired. */
function renderCell({ status, lessons }: MatrixCell): string {
  return `${MARKS[status]}${lessons.length > 0 ? 'L' : ' '}`;
}

function figures({
  misconceptions,
  solutions,
  repeats,
  flakes,
  cells,
  duration,
}: VerifyReport): string {
  const times = repeats === 1 ? 'once' : `${repeats} times`;
  return [
    `${misconceptions.killed} of ${misconceptions.of} misconceptions killed`,
    `${solutions.accepted} of ${solutions.of} solutions accepted`,
    `each cell run ${times}, ${flakes.length} flaky`,
    ...(cells.notRun > 0 ? [`${cells.notRun} NOT RUN`] : []),
    `${(duration / 1000).toFixed(1)} s`,
  ].join(', ');
}

import type { Status, TaskVerdict } from '@backend-labs/protocol';

/** One test of a cell. */
export interface CellTest {
  readonly title: string;
  readonly points: readonly string[];
  readonly status: Status;
  /** Ids of the lessons that fired. */
  readonly lessons: readonly string[];
  /** The first failure, on one line. */
  readonly message?: string;
}

/** One task judged against one row. */
export interface MatrixCell {
  readonly task: number;
  readonly status: Status;
  /** Point → how it came out. */
  readonly points: Readonly<Record<string, Status>>;
  readonly tests: readonly CellTest[];
  /** Lesson ids that fired, sorted. */
  readonly lessons: readonly string[];
  /** The first failure, on one line. */
  readonly message?: string;
}

/** The cell that a verdict makes. */
export function cellOf({ task, status, points, tests, trouble }: TaskVerdict): MatrixCell {
  const cellTests = tests.map((test): CellTest => {
    const [failure] = test.failures;
    const lessons = test.failures.flatMap(({ lesson }) => lesson?.id ?? []);
    return {
      title: test.title,
      points: test.points,
      status: test.status,
      lessons,
      ...(failure && { message: oneLine(failure.lesson?.observed ?? failure.message) }),
    };
  });
  const failed = cellTests.find((test) => test.status === status && test.message !== undefined);
  const message = failed?.message ?? (trouble && oneLine(trouble.message));
  return {
    task,
    status,
    points: Object.fromEntries(points.map((point) => [point.id, point.status])),
    tests: cellTests,
    lessons: [...new Set(cellTests.flatMap(({ lessons }) => lessons))].toSorted(),
    ...(message !== undefined && { message }),
  };
}

/** Lines that a sentence quotes, e.g. what a failed migration wrote, and that are shown with it. */
const QUOTED = 3;

/** The first line, and with a sentence the first lines that it quotes: they are indented. */
function oneLine(text: string): string {
  const [first = '', ...rest] = text.trim().split('\n');
  if (!first.endsWith('.')) return first;
  const end = rest.findIndex((line) => !/^\s+\S/u.test(line));
  const quoted = rest.slice(0, end === -1 ? QUOTED : Math.min(end, QUOTED));
  return [first, ...quoted.map((line) => line.trim())].join(' ');
}

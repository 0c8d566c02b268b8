import type { Status, TaskVerdict } from '@backend-labs/protocol';

/** One test of a cell. */
export interface CellTest {
  readonly title: string;
  readonly points: readonly string[];
  readonly status: Status;
  /** Ids of the lessons that fired. */
  readonly lessons: readonly string[];
  /** First line of the first failure. */
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
  /** First line of the first failure. */
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
      ...(failure && { message: firstLine(failure.lesson?.observed ?? failure.message) }),
    };
  });
  const failed = cellTests.find((test) => test.status === status && test.message !== undefined);
  const message = failed?.message ?? (trouble && firstLine(trouble.message));
  return {
    task,
    status,
    points: Object.fromEntries(points.map((point) => [point.id, point.status])),
    tests: cellTests,
    lessons: [...new Set(cellTests.flatMap(({ lessons }) => lessons))].toSorted(),
    ...(message !== undefined && { message }),
  };
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}

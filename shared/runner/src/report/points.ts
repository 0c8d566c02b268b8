import type { Failure, PointVerdict, TaskVerdict } from '@backend-labs/protocol';

/** One point of one task, with why it did not pass. */
export interface ReportedPoint {
  readonly task: TaskVerdict;
  readonly point: PointVerdict;
  readonly failures: readonly Failure[];
  /** Milliseconds: the tests that judge it. */
  readonly duration: number;
}

/** Every point of a run, in the order of the tickets. */
export function reportedPoints(results: readonly TaskVerdict[]): ReportedPoint[] {
  return results.flatMap((task) =>
    task.points.map((point) => {
      const tests = task.tests.filter(({ points }) => points.includes(point.id));
      const failures = tests.flatMap((test) => test.failures);
      const { trouble } = task;
      const unjudged = point.status !== 'passed' && failures.length === 0 && trouble;
      return {
        task,
        point,
        failures: unjudged ? [trouble] : failures,
        duration: tests.reduce((sum, { duration }) => sum + duration, 0),
      };
    }),
  );
}

/** A failure as plain text. */
export function textOf({ message, lesson, fix }: Failure): string {
  const lines = lesson
    ? [
        `lesson ${lesson.id}`,
        `Observed  ${lesson.observed}`,
        `Meaning   ${lesson.meaning}`,
        `Look at   ${lesson.lookAt}`,
      ]
    : [message];
  return [...lines, ...(fix ? [`Fix       ${fix}`] : [])].join('\n');
}

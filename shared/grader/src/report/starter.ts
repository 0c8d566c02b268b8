import type { GradedPoint, GradeResult, Pack } from '@backend-labs/protocol';

/** The points as the untouched starter gets them; undefined when the pack does not say it. */
export function starterPoints(
  { tasks }: Pick<GradeResult, 'tasks'>,
  { passedByStarter }: Pack,
): GradedPoint[] | undefined {
  if (!passedByStarter) return undefined;
  return tasks
    .flatMap(({ points }) => points)
    .map((point) => {
      const grade = passedByStarter.includes(point.id) ? 'passed' : 'failed';
      return { ...point, grade, lessons: [] };
    });
}

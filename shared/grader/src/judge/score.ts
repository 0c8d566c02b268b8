import type {
  Grade,
  GradedPoint,
  GradedTask,
  Pack,
  Score,
  Status,
  TaskVerdict,
} from '@backend-labs/protocol';

/** Of a point that the pack gives no weight. */
const WEIGHT = 1;

/** The tasks of a submission with grades instead of statuses. */
export function gradeTasks(
  verdicts: readonly TaskVerdict[],
  weights: Pack['weights'] = {},
): GradedTask[] {
  const statuses = new Map(verdicts.map(({ task, status }) => [task, status]));
  return verdicts.map((verdict): GradedTask => {
    const { task, slug, title, stretch, waitsFor = 0 } = verdict;
    const points = verdict.points.map((point): GradedPoint => {
      const { id, text } = point;
      const grade = gradeOf(point.status, statuses.get(waitsFor));
      return { id, text, grade, weight: weights[id] ?? WEIGHT, lessons: lessonsOf(verdict, id) };
    });
    const score = scoreOf(points);
    const grade = worst(points.map((point) => point.grade));
    return { task, slug, title, stretch, grade, ...(score && { score }), points };
  });
}

/** Points by weight; undefined when one was not judged. */
export function scoreOf(points: readonly GradedPoint[]): Score | undefined {
  if (points.some(({ grade }) => grade === 'not judged')) return undefined;
  const sum = (some: readonly GradedPoint[]) => some.reduce((all, { weight }) => all + weight, 0);
  return { points: sum(points.filter(({ grade }) => grade === 'passed')), of: sum(points) };
}

/** Not judged beats failed: a score may still change. */
export function worst(grades: readonly Grade[]): Grade {
  if (grades.includes('not judged')) return 'not judged';
  return grades.includes('failed') ? 'failed' : 'passed';
}

/** @param awaited how the task that this one waits for came out. */
function gradeOf(status: Status, awaited: Status | undefined): Grade {
  if (status === 'waiting') return awaited === 'failed' ? 'failed' : 'not judged';
  return status === 'passed' || status === 'failed' ? status : 'not judged';
}

function lessonsOf({ tests }: TaskVerdict, point: string): string[] {
  const own = tests.filter(({ points }) => points.includes(point));
  const ids = own.flatMap(({ failures }) => failures.flatMap(({ lesson }) => lesson?.id ?? []));
  return [...new Set(ids)].toSorted();
}

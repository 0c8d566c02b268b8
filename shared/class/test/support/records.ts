import type { Grade, GradedPoint, GradedTask, GradeResult, Score } from '@backend-labs/protocol';
import type { Assignment, ClassRecord, Mark, Student } from '../../src/records.ts';

export const ASSIGNMENT: Assignment = {
  id: 'week-3',
  title: 'Idempotent retries',
  lab: '07-idempotent-retries',
  due: '2026-12-01T18:00:00.000Z',
  late: { hours: 48, perDay: 0.1 },
};

export const ADA: Student = {
  id: 'ada-l',
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  repository: 'https://git.example.org/course/autumn-week-3-ada-l.git',
};

export const COMMIT = 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334';

/** Points by id: `{ '1.1': 'passed' }`. A failed one met the lesson `check-then-act`. */
export function result(grades: Readonly<Record<string, Grade>>): GradeResult {
  const points = Object.entries(grades).map(([id, grade]): GradedPoint => {
    const lessons = grade === 'failed' ? ['check-then-act'] : [];
    return { id, text: `Sentence ${id}.`, grade, weight: 1, lessons };
  });
  const tasks = [...Map.groupBy(points, ({ id }) => Number.parseInt(id, 10))].map(
    ([task, own]): GradedTask => ({
      task,
      slug: `task-${task}`,
      title: `Task ${task}`,
      stretch: task > 2,
      grade: worst(own),
      ...scored(own),
      points: own,
    }),
  );
  return {
    result: 1,
    lab: ASSIGNMENT.lab,
    pack: { digest: 'd'.repeat(64), ai: 'declared' },
    submission: { digest: 'f'.repeat(64), commit: COMMIT },
    seed: 'seed',
    grade: worst(points),
    ...scored(points),
    tasks,
    leftOut: [],
    newDependencies: [],
    times: { graded: '2026-12-02T09:30:00.000Z' },
  };
}

function worst(points: readonly GradedPoint[]): Grade {
  const grades = points.map(({ grade }) => grade);
  if (grades.includes('not judged')) return 'not judged';
  return grades.includes('failed') ? 'failed' : 'passed';
}

function scored(points: readonly GradedPoint[]): { score?: Score } {
  if (worst(points) === 'not judged') return {};
  return {
    score: { points: points.filter(({ grade }) => grade === 'passed').length, of: points.length },
  };
}

/** A graded record, with the mark that its result gives. */
export function graded(
  student: Student,
  grades: Readonly<Record<string, Grade>>,
  more: Partial<ClassRecord> & { readonly penalty?: number } = {},
): ClassRecord {
  const { penalty = 0, ...rest } = more;
  const own = result(grades);
  const { score } = own;
  const mark: Mark | undefined = score && {
    points: score.points - penalty,
    of: score.of,
    penalty,
    overridden: false,
  };
  return {
    student,
    assignment: ASSIGNMENT,
    state: mark ? 'graded' : 'not judged',
    submission: { commit: COMMIT, at: '2026-12-01T17:12:05.000Z', lateSeconds: 0, dir: '/none' },
    result: own,
    ...(mark && { mark }),
    ...rest,
  };
}

/** A record of somebody whose work has no result. */
export function without(student: Student, state: ClassRecord['state']): ClassRecord {
  return { student, assignment: ASSIGNMENT, state };
}

export function person(id: string, name: string): Student {
  return { id, name };
}

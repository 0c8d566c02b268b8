import type { Lesson, TaskVerdict } from '@backend-labs/protocol';

const JUDGED = new Set<TaskVerdict['status']>(['passed', 'failed']);

export function isJudged({ status, points }: TaskVerdict): boolean {
  return JUDGED.has(status) && points.every((point) => JUDGED.has(point.status));
}

/**
 * A verdict whose open points have failed, because the submission blocked the Redis that it had to itself.
 *
 * @param observed what shows it.
 */
export function blamedForRedis(verdict: TaskVerdict, observed: string): TaskVerdict {
  const { trouble: _ours, ...rest } = verdict;
  const open = verdict.points.filter(({ status }) => !JUDGED.has(status)).map(({ id }) => id);
  if (open.length === 0) return verdict;
  const failure = {
    status: 'failed',
    message: LESSON.meaning,
    lesson: lessonOf(observed),
  } as const;
  return {
    ...rest,
    status: 'failed',
    points: verdict.points.map((point) => {
      return open.includes(point.id) ? { ...point, status: 'failed' } : point;
    }),
    tests: [
      ...verdict.tests,
      {
        title: 'Redis answers while the service runs',
        points: open,
        status: 'failed',
        failures: [failure],
        duration: 0,
      },
    ],
  };
}

const LESSON = {
  id: 'redis-blocked',
  meaning:
    'Redis runs one command at a time. While a script of the service does not end, Redis answers nobody, so these points could not be tested.',
  lookAt: 'the scripts that the service sends to Redis: which of them may not end?',
};

function lessonOf(observed: string): Lesson {
  return {
    ...LESSON,
    observed: `This submission had a Redis to itself, which answered before the service ran. During the tests it ${observed}.`,
  };
}

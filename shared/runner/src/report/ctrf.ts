import type { Status } from '@backend-labs/protocol';
import { type ReportedPoint, reportedPoints, textOf } from './points.ts';
import type { LabResults } from './results.ts';

const STATUS: Record<Status, 'passed' | 'failed' | 'skipped' | 'pending' | 'other'> = {
  passed: 'passed',
  failed: 'failed',
  error: 'other',
  'not run': 'skipped',
  waiting: 'pending',
};

/**
 * The results as Common Test Report Format, one test a point; our own verdict is in `rawStatus`, the
 * lessons in `extra`.
 *
 * @see https://ctrf.io/docs/specification/overview
 */
export function ctrf({ lab, results, started, ended }: LabResults): object {
  const points = reportedPoints(results);
  const count = (status: (typeof STATUS)[Status]) =>
    points.filter(({ point }) => STATUS[point.status] === status).length;
  return {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    results: {
      tool: { name: 'backend-labs' },
      summary: {
        tests: points.length,
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped'),
        pending: count('pending'),
        other: count('other'),
        start: started,
        stop: ended,
      },
      tests: points.map((point) => test(lab.id, point)),
    },
  };
}

function test(lab: string, { task, point, failures, duration }: ReportedPoint): object {
  const message = failures.map(textOf).join('\n\n');
  const lessons = failures.flatMap(({ lesson }) => lesson?.id ?? []);
  return {
    name: `${point.id} ${point.text}`,
    status: STATUS[point.status],
    rawStatus: point.status,
    duration: Math.round(duration),
    suite: [lab, `${task.task} ${task.title}`],
    ...(message && { message }),
    ...(lessons.length > 0 && { extra: { lessons } }),
  };
}

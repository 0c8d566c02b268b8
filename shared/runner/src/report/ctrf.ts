import type { Status, TaskResult } from '../verdict.ts';
import type { LabResults } from './results.ts';

const STATUS: Record<Status, 'passed' | 'failed' | 'skipped' | 'pending' | 'other'> = {
  passed: 'passed',
  failed: 'failed',
  error: 'other',
  'not run': 'skipped',
  waiting: 'pending',
};

/**
 * The results as Common Test Report Format, one test a task; our own verdict stands in `rawStatus`,
 * the lesson in `extra`.
 *
 * @see https://ctrf.io/docs/specification/overview
 */
export function ctrf({ lab, results, started, ended }: LabResults): object {
  const count = (status: (typeof STATUS)[Status]) =>
    results.filter((result) => STATUS[result.status] === status).length;
  return {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    results: {
      tool: { name: 'backend-labs' },
      summary: {
        tests: results.length,
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped'),
        pending: count('pending'),
        other: count('other'),
        start: started,
        stop: ended,
      },
      tests: results.map((result) => test(lab.id, result)),
    },
  };
}

function test(suite: string, result: TaskResult): object {
  const message = result.failures.map((failure) => failure.message).join('\n\n');
  const lessons = result.failures.flatMap(({ lesson }) => lesson ?? []);
  return {
    name: `${result.task} ${result.title}`,
    status: STATUS[result.status],
    rawStatus: result.status,
    duration: Math.round(result.duration),
    suite: [suite],
    ...(message && { message }),
    ...(lessons.length > 0 && { extra: { lessons } }),
  };
}

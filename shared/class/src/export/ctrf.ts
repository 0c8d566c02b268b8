import type { Grade } from '@backend-labs/protocol';
import { json, oneFileEach, type Exporter } from './file.ts';
import { lessonLine, type PointOf, pointsOf, whyNoMark } from './graded.ts';

const STATUS: Readonly<Record<Grade, 'passed' | 'failed' | 'other'>> = {
  passed: 'passed',
  failed: 'failed',
  'not judged': 'other',
};

/**
 * Common Test Report Format, one report for each submission and one test for each point. A point that
 * was not judged is `other`, and its run is not `healthy`.
 *
 * @see https://ctrf.io/docs/specification/overview
 */
export const ctrf: Exporter = (records) =>
  oneFileEach(records, 'ctrf.json', ({ assignment, student, ...record }) => {
    const { result, mark, submission } = record;
    if (!result) return { why: whyNoMark({ assignment, student, ...record }) };
    const points = pointsOf(result);
    const count = (grade: Grade) => points.filter(({ point }) => point.grade === grade).length;
    const at = Date.parse(result.times.graded);
    return json({
      reportFormat: 'CTRF',
      specVersion: '0.0.0',
      timestamp: result.times.graded,
      generatedBy: 'backend-labs',
      results: {
        tool: { name: 'backend-labs' },
        summary: {
          tests: points.length,
          passed: count('passed'),
          failed: count('failed'),
          skipped: 0,
          pending: 0,
          other: count('not judged'),
          // A result holds the instant at which it was graded, and no duration.
          start: at,
          stop: at,
          ...(mark && { extra: mark }),
        },
        tests: points.map((point) => test(assignment.title, point)),
        environment: {
          reportName: `${student.name}: ${assignment.title}`,
          appName: result.lab,
          ...(submission?.commit !== undefined && { commit: submission.commit }),
          healthy: count('not judged') === 0,
          extra: { student: student.id, assignment: assignment.id },
        },
      },
    });
  });

function test(assignment: string, { task, point }: PointOf): object {
  const message = lessonLine(point);
  return {
    name: `${point.id} ${point.text}`,
    status: STATUS[point.grade],
    rawStatus: point.grade,
    duration: 0,
    suite: [assignment, `${task.task} ${task.title}`],
    ...(message && { message }),
    extra: { weight: point.weight, lessons: point.lessons },
  };
}

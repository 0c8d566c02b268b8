import { create } from 'xmlbuilder2';
import { reportedPoints, textOf } from './points.ts';
import type { LabResults } from './results.ts';

/**
 * The results as JUnit XML, one case a point. A point that could not be judged for want of a server
 * is an `error`, so that no CI takes it for green.
 *
 * @see https://github.com/testmoapp/junitxml the common subset, as nobody owns the format
 */
export function junit({ lab, results, started }: LabResults): string {
  const points = reportedPoints(results);
  const count = (...statuses: string[]) =>
    points.filter(({ point }) => statuses.includes(point.status)).length;
  const suite = create({ version: '1.0', encoding: 'UTF-8' })
    .ele('testsuites')
    .ele('testsuite', {
      name: `${lab.id} ${lab.title}`,
      tests: points.length,
      failures: count('failed'),
      errors: count('error', 'not run'),
      skipped: count('waiting'),
      timestamp: new Date(started).toISOString(),
      time: seconds(results.reduce((sum, { duration }) => sum + duration, 0)),
    });
  for (const { task, point, failures, duration } of points) {
    const test = suite.ele('testcase', {
      classname: `${lab.id} ${task.task} ${task.title}`,
      name: xmlText(`${point.id} ${point.text}`),
      time: seconds(duration),
    });
    const [first] = failures;
    const text = xmlText(failures.map(textOf).join('\n\n'));
    const message = text.split('\n', 1)[0] ?? '';
    switch (point.status) {
      case 'passed':
        break;
      case 'waiting':
        test.ele('skipped', { message: `waits for task ${task.waitsFor}` });
        break;
      case 'not run':
        test.ele('error', { message: `NOT RUN: ${message}` }).txt(text);
        break;
      case 'error':
        test.ele('error', { message }).txt(text);
        break;
      case 'failed':
        test.ele('failure', { message, type: first?.lesson?.id ?? 'assertion' }).txt(text);
    }
  }
  return suite.end({ prettyPrint: true });
}

// Characters that XML 1.0 cannot hold, not even escaped: a learner's program may write any.
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu;

function xmlText(text: string): string {
  return text.toWellFormed().replaceAll(NOT_XML, '\uFFFD');
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

import { create } from 'xmlbuilder2';
import type { LabResults } from './results.ts';

/**
 * The results as JUnit XML, one case a task.
 *
 * @see https://github.com/testmoapp/junitxml the common subset, as nobody owns the format
 */
export function junit({ lab, results, started }: LabResults): string {
  const count = (...statuses: string[]) =>
    results.filter(({ status }) => statuses.includes(status)).length;
  const suite = create({ version: '1.0', encoding: 'UTF-8' })
    .ele('testsuites')
    .ele('testsuite', {
      name: `${lab.id} ${lab.title}`,
      tests: results.length,
      failures: count('failed'),
      errors: count('error'),
      skipped: count('not run', 'waiting'),
      timestamp: new Date(started).toISOString(),
      time: seconds(results.reduce((sum, { duration }) => sum + duration, 0)),
    });
  for (const { task, title, status, duration, failures, waitsFor } of results) {
    const test = suite.ele('testcase', {
      classname: lab.id,
      name: `${task} ${title}`,
      time: seconds(duration),
    });
    const [first] = failures;
    const text = failures.map(({ message }) => message).join('\n\n');
    if (status === 'waiting') test.ele('skipped', { message: `waits for ${waitsFor}` });
    if (status === 'not run') test.ele('skipped', { message: `NOT RUN: ${text}` });
    if (status === 'error') test.ele('error', { message: text.split('\n', 1)[0] }).txt(text);
    if (status === 'failed') {
      test
        .ele('failure', { message: text.split('\n', 1)[0], type: first?.lesson ?? 'assertion' })
        .txt(text);
    }
  }
  return suite.end({ prettyPrint: true });
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

import { text } from '@backend-labs/grader';
import type { Grade } from '@backend-labs/protocol';
import { create } from 'xmlbuilder2';
import type { ClassRecord } from '../records.ts';
import type { Exported, Exporter, NotExported } from './file.ts';
import { lessonLine, pointsOf, whyNoMark } from './graded.ts';

const LONGEST = 1_000;

/**
 * JUnit XML, one file for each assignment: a suite for each student, a case for each point. A point
 * that was not judged is an `error`, which no tool takes for a failed test or for a passed one.
 *
 * @see https://github.com/testmoapp/junitxml the common subset, as nobody owns the format
 */
export const junit: Exporter = (records) => {
  const left: NotExported[] = [];
  const byAssignment = Map.groupBy(records, ({ assignment }) => assignment.id);
  const files: Exported['files'] = [...byAssignment].map(([assignment, own]) => {
    const document = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
      name: clean(own[0]?.assignment.title ?? assignment),
    });
    for (const record of own) {
      const suite = suiteOf(record);
      if (suite) document.import(suite);
      else left.push({ assignment, student: record.student.id, why: whyNoMark(record) });
    }
    return { path: `${assignment}.xml`, text: `${document.end({ prettyPrint: true })}\n` };
  });
  return { files, left };
};

function suiteOf({ student, assignment, result }: ClassRecord) {
  if (!result) return undefined;
  const points = pointsOf(result);
  const count = (grade: Grade) =>
    String(points.filter(({ point }) => point.grade === grade).length);
  const suite = create().ele('testsuite', {
    name: clean(`${student.id} ${student.name}`),
    tests: String(points.length),
    failures: count('failed'),
    errors: count('not judged'),
    skipped: '0',
    timestamp: result.times.graded,
  });
  for (const { task, point } of points) {
    const test = suite.ele('testcase', {
      classname: clean(`${assignment.id}.${student.id}.${task.task} ${task.title}`),
      name: clean(`${point.id} ${point.text}`),
    });
    if (point.grade === 'failed') {
      const message = clean(lessonLine(point) || 'This point is not met.');
      test.ele('failure', { message, type: point.lessons[0] ?? 'assertion' });
    }
    if (point.grade === 'not judged') {
      const message = 'Not judged: the machine or a server was at fault.';
      test.ele('error', { message, type: 'not judged' });
    }
  }
  return suite;
}

/** Characters that XML 1.0 cannot hold, not even escaped, are replaced. */
function clean(raw: string): string {
  return text(raw.toWellFormed().replaceAll(/[\uFFFE\uFFFF]/gu, '\uFFFD'), LONGEST);
}

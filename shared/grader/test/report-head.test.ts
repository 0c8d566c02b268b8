import { expect, test } from 'vitest';
import { readOfLab } from '../src/report/of-lab.ts';
import { submissionName } from '../src/submission/name.ts';
import { ROOT } from './support/folder.ts';
import { passed, point, reportOf, resultOf, wordsOf } from './support/report.ts';

const POINTS = [passed('1.1'), point('1.2'), passed('3.1'), passed('3.2'), point('3.3')];

/** The rows of the table of tasks. */
function rowsIn(page: string): string[][] {
  const [, table = ''] = /<table>([\s\S]*?)<\/table>/u.exec(page) ?? [];
  const rows = table.split('</tr>').slice(1, -1);
  return rows.map((row) => row.split('</td>').map(wordsOf).slice(0, -1));
}

test('the head says what of the score is the starter’s, and what the candidate earned', () => {
  const page = reportOf({
    result: resultOf(POINTS),
    pack: { passedByStarter: ['1.1', '3.1', '3.3'] },
  });
  const words = wordsOf(page);
  expect(words).toContain('3 of 5 points passed');
  expect(words).toContain('the starter. Untouched, it passes 3 of the 5.');
  expect(words).toContain('Of the other 2, the candidate earned 1.');
  expect(words).toContain('The submission fails 3.3, which the starter passes.');
  expect(rowsIn(page)).toEqual([
    ['Task 1: Title 1', '1 of 2', '1', '0 of 1'],
    ['Task 3: Title 3', '2 of 3', '2', '1 of 1'],
  ]);
});

test('the head of a pack that knows nothing of its starter says so', () => {
  const page = reportOf({ result: resultOf(POINTS) });
  expect(wordsOf(page)).toContain('The pack does not say which points it passes.');
  expect(rowsIn(page)[0]).toEqual(['Task 1: Title 1', '1 of 2']);
});

test('the points that a candidate earned count by their weights', () => {
  const points = [passed('1.1', { weight: 2 }), passed('1.2', { weight: 3 }), point('1.3')];
  const page = reportOf({ result: resultOf(points), pack: { passedByStarter: ['1.1'] } });
  expect(wordsOf(page)).toContain('Of the other 4, the candidate earned 3.');
});

test('the head names the take-home and the submission, and has no verdict', () => {
  const words = wordsOf(reportOf({ result: resultOf(POINTS), name: 'ada<b>', pack: {} }));
  expect(words).toMatch(
    /^Take-home: Toy, ada&lt;b&gt; Take-home: Toy Submission: ada&lt;b&gt; 3 of 5/u,
  );
  expect(words).toContain('No pass mark is set.');
});

test('the head says what is not judged, and what its numbers are for', () => {
  const words = wordsOf(reportOf({ result: resultOf(POINTS) }));
  expect(words).toContain('Hidden tests judge how the service behaves.');
  expect(words).toMatch(/Seed fa59db8f4bcd2f5d : .* repeats the grading\./u);
  expect(words).toMatch(/Files 5c6b106f070f2597 : two gradings with/u);
});

test('the head names the tasks that are not part of the assignment', () => {
  const tasks = readOfLab(ROOT, '00-first-ticket').tasks.filter(({ number }) => number > 2);
  expect(tasks.map(({ number }) => number)).toEqual([3, 4]);
  const absent = tasks.map(({ number }) => ({ number, title: `Title ${number}` }));
  expect(wordsOf(reportOf({ absent }))).toContain(
    'The lab also has task 3 (Title 3) and task 4 (Title 4).',
  );
  expect(wordsOf(reportOf({}))).not.toContain('Not part of this assignment');
  expect(readOfLab(ROOT, '01-toy').tasks).toEqual([]);
});

test.for([
  ['/home/x/ada', 'ada'],
  ['/home/x/ada.tar.gz', 'ada'],
  ['https://me:secret@example.com/x/ada.git', 'ada'],
  ['https://me:secret@example.com', 'example.com'],
] as const)('the submission %s is called %s', ([source, name]) => {
  expect(submissionName(source)).toBe(name);
});

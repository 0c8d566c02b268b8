import type { TaskVerdict } from '@backend-labs/protocol';
import { expect, test } from 'vitest';
import { passed, point, reportOf, resultOf, wordsOf } from './support/report.ts';

const result = resultOf([passed('1.1'), passed('1.2'), passed('3.1'), point('3.2')], {
  leftOut: [{ path: 'README.md', why: 'changed' }],
});

const lesson = {
  id: 'global-keys',
  observed: 'It got <b>.',
  meaning: 'Keys are `made` by clients.',
  lookAt: '',
};
const verdicts: TaskVerdict[] = [
  {
    task: 3,
    slug: '',
    title: 'Title 3',
    stretch: false,
    status: 'failed',
    points: [],
    tests: [
      {
        title: 'a key belongs to its account',
        points: ['3.2'],
        status: 'failed',
        failures: [{ status: 'failed', message: 'no', lesson }],
        service: { errors: ['Error: boom'], tail: [] },
        duration: 1,
      },
    ],
    duration: 1,
  },
];

/** The part of a page between two headings. */
const section = (page: string, title: string) =>
  page.split('<h2>').find((part) => part.startsWith(title)) ?? '';

test('the report begins with what did not pass and ends with the diff', () => {
  const questions = [{ text: 'Why?', from: 'For every candidate.' }];
  const page = reportOf({ result, verdicts, questions });
  expect([...page.matchAll(/<h2>(.*?)<\/h2>/gu)].map(([, title]) => title)).toEqual([
    'What did not pass',
    'Commits',
    'Ask in the interview',
    'What passed',
    'Did not count',
    'Changes to the starter',
  ]);
});

test('a point that did not pass is open, with what a test saw and without the lesson’s id', () => {
  const part = section(reportOf({ result, verdicts }), 'What did not pass');
  expect(wordsOf(part)).toContain(
    'Task 3: Title 3 3.2 failed Point 3.2 of the toy. Test: a key belongs to its account ' +
      'Observed It got &lt;b&gt;. Meaning Keys are made by clients. The service wrote Error: boom',
  );
  expect(part).not.toContain('global-keys');
  expect(part.split('<details>')[0]).toContain('Keys are <code>made</code>');
  expect(part).not.toContain('3.1');
});

test('the points that passed are folded, a block for each task', () => {
  const part = section(reportOf({ result, verdicts }), 'What passed');
  const summaries = [...part.matchAll(/<summary>(.*?)<\/summary>/gu)].map(([, summary]) => summary);
  expect(summaries).toEqual(['Task 1: Title 1: 2 passed', 'Task 3: Title 3: 1 passed']);
  expect(part).not.toContain('3.2');
});

test('a task that waited for another one says so', () => {
  const waiting = [{ ...verdicts[0], status: 'waiting', waitsFor: 1, tests: [] } as TaskVerdict];
  const part = section(reportOf({ result, verdicts: waiting }), 'What did not pass');
  expect(wordsOf(part)).toContain('Its tests did not run, because task 1 did not pass.');
});

test('a report without a failed point says so', () => {
  const part = section(reportOf({ result: resultOf([passed('1.1')]) }), 'What did not pass');
  expect(wordsOf(part)).toContain('Every point passed.');
});

import { expect, test } from 'vitest';
import { convert } from 'xmlbuilder2';
import { ctrf, junit, type LabResults } from '../src/index.ts';
import { LAB, verdict } from './toy.ts';

const OUTCOME: LabResults = {
  lab: LAB,
  started: Date.UTC(2026, 0, 1),
  ended: Date.UTC(2026, 0, 1, 0, 0, 5),
  results: [
    verdict(1, 'passed'),
    verdict(2, 'failed', 'naive'),
    verdict(3, 'error'),
    verdict(4, 'not run'),
    verdict(5, 'waiting'),
  ],
};

test('CTRF counts every status, and keeps ours and the lesson', () => {
  expect(ctrf(OUTCOME)).toMatchObject({
    reportFormat: 'CTRF',
    results: {
      summary: { tests: 5, passed: 1, failed: 1, skipped: 1, pending: 1, other: 1 },
      tests: [
        { name: '1 Task 1', status: 'passed', suite: ['90-toy'] },
        { status: 'failed', rawStatus: 'failed', extra: { lessons: ['naive'] } },
        { status: 'other', rawStatus: 'error' },
        { status: 'skipped', rawStatus: 'not run' },
        { status: 'pending', rawStatus: 'waiting' },
      ],
    },
  });
});

test('JUnit tells failures from errors from what was skipped, and escapes', () => {
  const [first, ...others] = OUTCOME.results;
  const failed = verdict(2, 'failed', 'naive');
  const failure = {
    test: 'x',
    status: 'failed',
    lesson: 'naive',
    message: '5 < 3 && "so"\nsecond',
  } as const;
  const xml = junit({
    ...OUTCOME,
    results: [...(first ? [first] : []), { ...failed, failures: [failure] }, ...others.slice(1)],
  });
  const parsed: unknown = convert(xml, { format: 'object' });
  expect(parsed).toMatchObject({
    testsuites: {
      testsuite: {
        '@tests': '5',
        '@failures': '1',
        '@errors': '1',
        '@skipped': '2',
        testcase: [
          { '@name': '1 Task 1' },
          { failure: { '@type': 'naive' } },
          { error: { '@message': 'error: some words' } },
          { skipped: { '@message': 'NOT RUN: not run: some words' } },
          { skipped: {} },
        ],
      },
    },
  });
  expect(xml).toContain('message="5 &lt; 3 &amp;&amp; &quot;so&quot;"');
  expect(xml).toContain('>5 &lt; 3 &amp;&amp; "so"\nsecond</failure>');
});

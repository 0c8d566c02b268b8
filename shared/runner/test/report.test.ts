import type { TaskVerdict } from '@backend-labs/protocol';
import { expect, test } from 'vitest';
import { convert } from 'xmlbuilder2';
import { ctrf, junit, type LabResults } from '../src/index.ts';
import { judged, LAB, unjudged } from './toy.ts';

const OUTCOME: LabResults = {
  lab: LAB,
  started: Date.UTC(2026, 0, 1),
  ended: Date.UTC(2026, 0, 1, 0, 0, 5),
  results: [
    judged(1, 'passed', 'failed naive'),
    judged(2, 'error', 'passed'),
    unjudged(4, 'not run'),
    { ...unjudged(5, 'waiting'), waitsFor: 2 },
  ],
};

test('CTRF counts the points of every status, and keeps ours and the lesson', () => {
  expect(ctrf(OUTCOME)).toMatchObject({
    reportFormat: 'CTRF',
    results: {
      summary: { tests: 8, passed: 2, failed: 1, skipped: 2, pending: 2, other: 1 },
      tests: [
        { name: '1.1 Sentence 1.1.', status: 'passed', suite: ['90-toy', '1 Task 1'] },
        { status: 'failed', rawStatus: 'failed', extra: { lessons: ['naive'] } },
        { status: 'other', rawStatus: 'error' },
        { status: 'passed' },
        { status: 'skipped', rawStatus: 'not run' },
        { status: 'skipped' },
        { status: 'pending', rawStatus: 'waiting' },
        { status: 'pending' },
      ],
    },
  });
});

test('JUnit counts NOT RUN as an error, so that no CI takes it for green', () => {
  const parsed: unknown = convert(junit(OUTCOME), { format: 'object' });
  expect(parsed).toMatchObject({
    testsuites: {
      testsuite: {
        '@tests': '8',
        '@failures': '1',
        '@errors': '3',
        '@skipped': '2',
        testcase: [
          { '@name': '1.1 Sentence 1.1.' },
          { failure: { '@type': 'naive', '@message': 'lesson naive' } },
          { error: { '@message': '2.1 broke' } },
          {},
          { error: { '@message': 'NOT RUN: not run: some words' } },
          {},
          { skipped: { '@message': 'waits for task 2' } },
          {},
        ],
      },
    },
  });
});

test('JUnit escapes what a learner’s program wrote, and drops what XML cannot hold', () => {
  const message = '5 < 3 && "so"\u0000\u001b[2J\nsecond';
  const red = judged(1, 'failed', 'passed');
  const results: TaskVerdict[] = [
    {
      ...red,
      tests: red.tests.map((each) => ({ ...each, failures: [{ status: 'failed', message }] })),
    },
  ];
  const xml = junit({ ...OUTCOME, results });
  expect(xml).toContain('message="5 &lt; 3 &amp;&amp; &quot;so&quot;\uFFFD\uFFFD[2J"');
  expect(() => convert(xml, { format: 'object' })).not.toThrow();
});

import { stripVTControlCharacters } from 'node:util';
import type { Failure, TaskResult } from '@backend-labs/runner';
import { expect, test } from 'vitest';
import { renderVerdict } from '../src/ui/verdicts.ts';

const LESSON: Failure = {
  test: 'the list is fast',
  status: 'failed',
  lesson: 'order-by-only',
  message:
    'Observed  853,909 rows were thrown away.\nMeaning   The index gives the order.\nLook at   equality.',
};
const OTHER: Failure = { test: 'no list is slow', status: 'failed', message: 'expected 9 to be 8' };

const red: TaskResult = {
  task: 2,
  slug: 'list',
  title: 'The list',
  status: 'failed',
  tests: { passed: 1, failed: 2 },
  failures: [LESSON, OTHER],
  duration: 12,
};

const lines = (result: TaskResult, view = {}): string[] =>
  stripVTControlCharacters(renderVerdict(result, view)).split('\n');

test('a red task shows its first failing test in full, and names the others', () => {
  expect(lines(red)).toEqual([
    ' ✗ 2  The list',
    '   lesson order-by-only',
    '   Observed  853,909 rows were thrown away.',
    '   Meaning   The index gives the order.',
    '   Look at   equality.',
    '   also red: no list is slow',
  ]);
});

test('or all of them', () => {
  expect(lines(red, { all: true }).slice(5)).toEqual([
    '   no list is slow',
    '   expected 9 to be 8',
  ]);
});

test('a machine at fault says all that it has to say', () => {
  const gone: Failure = { test: 'b', status: 'error', message: 'Postgres is gone.', fix: 'Up.' };
  const shown = lines({ ...red, status: 'error', failures: [OTHER, gone] });
  expect(shown).toContain('   Postgres is gone.');
  expect(shown).toContain('   Fix       Up.');
});

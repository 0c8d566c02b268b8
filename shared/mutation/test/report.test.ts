import { describe, expect, test } from 'vitest';
import { isStrong, type MutationReport, survivorOf } from '../src/report.ts';
import { mutant, task } from './toy.ts';

const REPORT: MutationReport = {
  lab: '90-toy',
  solution: 'reference',
  seed: '1',
  generated: 140,
  untyped: 40,
  marked: { equivalent: 10, notAskedFor: 10 },
  judged: 80,
  killed: 76,
  survivors: [],
  faults: [],
  notMutated: [],
  duration: 1,
};

describe('a lab is strong', () => {
  test.each([
    [true, 'with 95 % killed and 20 % marked', {}],
    [false, 'with less killed', { killed: 75 }],
    [false, 'with more marked', { marked: { equivalent: 10, notAskedFor: 11 } }],
    [false, 'with a mark that fits no mutant', { faults: ['a mark'] }],
  ])('%s %s', (strong, _what, changes) => {
    expect(isStrong({ ...REPORT, ...changes })).toBe(strong);
  });
});

const COVERING = { tasks: [task(2), task(1)], points: ['2.10', '2.9', '1.1'] };

test('a survivor shows its diff in the file, and the points in order', () => {
  const source = 'const a = 0;\nf(1);\n';
  const survivor = survivorOf(mutant(), 'survived', {}, source, COVERING);
  expect(survivor).toMatchObject({ points: ['1.1', '2.9', '2.10'], tasks: [1, 2] });
  expect(survivor.diff.split('\n')).toEqual([
    '--- a/src/a.ts',
    '+++ b/src/a.ts',
    '@@ -1,2 +1,2 @@',
    ' const a = 0;',
    '-f(1);',
    '+f(2);',
  ]);
});

test('of SQL it shows the statement as it is printed', () => {
  const sql = mutant({ kind: 'sql', was: 'SELECT a\nFROM t\nLIMIT 1', now: 'SELECT a\nFROM t' });
  const { diff } = survivorOf(sql, 'survived', {}, 'not this', COVERING);
  expect(diff.split('\n').slice(3)).toEqual([' SELECT a', ' FROM t', '-LIMIT 1']);
});

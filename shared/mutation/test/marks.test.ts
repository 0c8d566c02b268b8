import type { MutantMark } from '@backend-labs/catalog';
import { describe, expect, test } from 'vitest';
import { sortByMarks } from '../src/marks.ts';
import { mutant } from './toy.ts';

const LINE = 'f(1);';
const MUTANTS = [
  mutant({ id: 'plus' }),
  mutant({ id: 'minus', operator: 'number-1', now: '0' }),
  mutant({ id: 'other', file: 'src/b.ts' }),
];

const mark = (changes: Partial<MutantMark>): MutantMark => ({
  file: 'src/a.ts',
  reason: 'equivalent',
  why: 'Nobody can see it.',
  ...changes,
});

function sorted(marks: readonly MutantMark[], solution = 'reference') {
  const { marked, unmarked, faults } = sortByMarks(MUTANTS, marks, () => LINE, solution);
  return {
    marked: marked.map((each) => each.mutant.id),
    unmarked: unmarked.map(({ id }) => id),
    faults,
  };
}

describe('a mark fits', () => {
  test.each([
    ['a part of the line', { line: 'f(1' }, ['plus', 'minus']],
    ['a part of the operator', { operator: '+1' }, ['plus']],
    ['a part of the replacement', { replacement: '0' }, ['minus']],
    ['all of these together', { line: 'f(', operator: 'number', replacement: '2' }, ['plus']],
  ])('%s', (_what, changes, marked) => {
    expect(sorted([mark(changes)])).toMatchObject({ marked, faults: [] });
  });
});

test('a mark that fits no mutant is a fault', () => {
  expect(sorted([mark({ line: 'g(' })])).toEqual({
    marked: [],
    unmarked: ['plus', 'minus', 'other'],
    faults: ['the mark of src/a.ts ("g(") fits no mutant'],
  });
});

test('a mark of another solution says nothing', () => {
  const other = mark({ operator: 'number', solution: 'other' });
  expect(sorted([other])).toMatchObject({ marked: [], faults: [] });
  expect(sorted([other], 'other')).toMatchObject({ marked: ['plus', 'minus'] });
});

test('a mark without a solution is of use to the reference, and may be none to others', () => {
  const useless = mark({ line: 'g(' });
  expect(sorted([useless]).faults).toHaveLength(1);
  expect(sorted([useless], 'other').faults).toHaveLength(0);
});

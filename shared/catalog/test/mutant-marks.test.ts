import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mutantMarksOf } from '../src/mutant-marks.ts';
import { ToyCatalog } from './toy-lab.ts';

function marksIn(yaml: string) {
  using catalog = new ToyCatalog().addLab().write('labs/90-toy/mutants.yaml', yaml);
  return mutantMarksOf({ id: '90-toy', dir: join(catalog.root, 'labs/90-toy') });
}

test('marks are read in their order', () => {
  const yaml = `
- file: src/app.ts
  line: app.disable
  reason: not-asked-for
  why: No point speaks of this header.
- file: src/db.ts
  operator: number
  reason: equivalent
  why: The pool is never full.
`;
  expect(marksIn(yaml).map(({ file, reason }) => [file, reason])).toEqual([
    ['src/app.ts', 'not-asked-for'],
    ['src/db.ts', 'equivalent'],
  ]);
});

test('a lab without the file has none', () => {
  expect(mutantMarksOf({ id: '90-toy', dir: '/nowhere' })).toEqual([]);
});

describe('a mark is refused', () => {
  test.each([
    ['without a reason', '- { file: src/a.ts, line: x, why: So. }', ':1: [0].reason: '],
    ['with another reason', '- { file: a, line: x, reason: hard, why: So. }', ':1: [0].reason: '],
    ['without a why', '- { file: a, line: x, reason: equivalent }', ':1: [0].why: '],
    ['of a whole file', '- { file: a, reason: equivalent, why: So. }', 'needs a part of the line'],
  ])('%s', (_what, yaml, says) => {
    expect(() => marksIn(yaml)).toThrow(`labs/90-toy/mutants.yaml:1: `);
    expect(() => marksIn(yaml)).toThrow(says);
  });
});

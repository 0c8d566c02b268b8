import type { Lab } from '@backend-labs/catalog';
import { expect, test } from 'vitest';
import type { MutationReport } from '@backend-labs/mutation';
import { mutatedFigures, withFigures } from '../src/readme.ts';

const TABLE = `# Labs
<!-- labs: written by \`labs verify --write\` -->

| lab | title | misconceptions killed | runs of each test |
|---|---|---|---|
| [01-a](labs/01-a/README.md) | Old title | 3 of 3 | 20 |
| [02-b](labs/02-b/README.md) | B | 4 of 4 | 5 |
<!-- labs: end -->
The end.
`;

const lab = (id: string, title: string): Lab =>
  ({
    id,
    title,
    level: 'mid',
    hours: '2',
    servers: ['postgres'],
    tasks: [{ stretch: false }],
  }) as unknown as Lab;

test("a lab's new figures change its row, and every other figure stays", () => {
  const figures = [{ lab: '01-a', cells: { 'mutants killed': '97 % of 214' } }];
  const written = withFigures(TABLE, [lab('01-a', 'A'), lab('02-b', 'B')], figures);
  expect(written.split('\n').slice(3)).toEqual([
    '| lab | title | level | time | servers | tasks | points proven | misconceptions killed | mutants killed | solutions accepted | runs of each test |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    '| [01-a](labs/01-a/README.md) | A | mid | 2 h | postgres | 1 |  | 3 of 3 | 97 % of 214 |  | 20 |',
    '| [02-b](labs/02-b/README.md) | B | mid | 2 h | postgres | 1 |  | 4 of 4 |  |  | 5 |',
    '<!-- labs: end -->',
    'The end.',
    '',
  ]);
  expect(withFigures(written, [lab('01-a', 'A'), lab('02-b', 'B')], [])).toBe(written);
});

const MUTATED: MutationReport = {
  lab: '01-a',
  solution: 'reference',
  seed: '7',
  generated: 740,
  untyped: 128,
  marked: { equivalent: 60, notAskedFor: 60 },
  judged: 121,
  killed: 117,
  survivors: [],
  faults: [],
  notMutated: [],
  duration: 1,
};

test.each([
  ['all mutants', {}, '96 % of 121'],
  ['a sample', { sample: 150 }, '117 of 121 (sample of 150 from 612, seed 7)'],
])('the figure of %s says what was judged', (_what, changes, cell) => {
  expect(mutatedFigures({ ...MUTATED, ...changes }).cells).toEqual({ 'mutants killed': cell });
});

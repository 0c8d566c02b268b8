import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskVerdict } from '@backend-labs/protocol';
import { expect, test } from 'vitest';
import { renderCrosses } from '../src/ui/crosses.ts';
import { crossFrom, refusedBy } from '../src/variants/crosses.ts';
import { Labs } from './support/labs.ts';

const SEED = 'seed-of-spring';
/** Making a variant takes seconds of work, and a machine may have other work. */
const WITHIN_MS = 300_000;
const LAB = '07-idempotent-retries';
/** The seed, and the names of axes' options and of skins that no lab uses as words. */
const TELLING = /seed-of-spring|metadata-counts|metadata-is-a-note|refunds\.totals|day-that-ends/u;

/** Path → text of every file below a folder. */
function textsIn(dir: string): Map<string, string> {
  const entries = globSync('**/*', { cwd: dir, withFileTypes: true }).filter((entry) => {
    return entry.isFile() && !entry.parentPath.includes('node_modules');
  });
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(dir.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

test(
  'a variant is a catalogue of its own, and the commands read it',
  { timeout: WITHIN_MS },
  async () => {
    using labs = new Labs();
    const home = join(labs.home, 'variant');
    const made = await labs.run('vary', '7', '--seed', SEED, '--to', 'variant', '--json');
    expect(made).toMatchObject({ exit: 0, err: '' });
    const { facts } = JSON.parse(made.out) as { readonly facts: Readonly<Record<string, number>> };
    const texts = textsIn(home);
    expect(texts.get(`labs/${LAB}/README.md`)).toContain(`CS-${facts['ticket']}`);
    const telling = [...texts].filter(([path, text]) => TELLING.test(`${path}\n${text}`));
    expect(telling).toEqual([]);
    expect([...texts.keys()].filter((path) => /variant\.yaml|proof\.json/u.test(path))).toEqual([]);

    using other = new Labs({ LABS_CATALOG: home });
    const listed = await other.run('list', '--json');
    const { labs: found } = JSON.parse(listed.out) as { readonly labs: readonly { id: string }[] };
    expect(found.map(({ id }) => id)).toEqual([LAB]);
    const written = await other.run('verify', '7', '--write');
    expect(written).toMatchObject({ exit: 2, err: expect.stringContaining('LABS_CATALOG') });
  },
);

test(
  'a take-home of a variant names neither the seed nor an option',
  { timeout: WITHIN_MS },
  async () => {
    using labs = new Labs();
    const packed = await labs.run('pack', '7', '--variant', SEED, '--tasks', '2,3', '--to', 'pack');
    expect(packed).toMatchObject({ exit: 0, err: '' });
    const texts = textsIn(join(labs.home, 'pack'));
    expect(texts.has(`labs/${LAB}/tests/3-house-rules.test.ts`)).toBe(true);
    const telling = [...texts].filter(([path, text]) => TELLING.test(`${path}\n${text}`));
    expect(telling.map(([path]) => path)).toEqual([]);
    const paths = [...texts.keys()].filter((path) => /variant|\.patch$/u.test(path));
    expect(paths).toEqual([]);
  },
);

test.each([
  [['vary', '7'], 'Name the seed: labs vary 7 --seed S.'],
  [['vary', '0', '--seed', 'x'], '00-first-ticket has no variants'],
  [['vary', '7', '--edit', 'refunds.all'], 'It has'],
  [['verify', '--variants', '4'], '--variants wants one lab'],
])('%j is refused with the way to do it', async (args, message) => {
  using labs = new Labs();
  const { exit, err } = await labs.run(...args);
  expect(exit).toBe(2);
  expect(err).toContain(message.replace('It has', 'is not an option with a patch'));
});

const OWN = { order: 'newest', total: 'sum' };
const OTHER = { order: 'oldest', total: 'sum' };
const SPEC = {
  facts: {},
  words: { keep: [], skins: [{ name: 'own', terms: {}, texts: [] }] },
  choices: {
    order: [
      { name: 'newest', refuses: ['1.2'], without: [] },
      { name: 'oldest', refuses: ['1.1'], without: [] },
    ],
    total: [{ name: 'sum', refuses: ['2.1'], without: [] }],
  },
};

const verdict = (points: Readonly<Record<string, 'passed' | 'failed' | 'waiting'>>) => {
  const judged = Object.entries(points).map(([id, status]) => ({ id, text: id, status }));
  return [{ task: 1, points: judged } as unknown as TaskVerdict];
};

test('tests refuse an answer at the points of the options in which they differ, and nowhere else', () => {
  expect(refusedBy(SPEC, OWN, OTHER)).toEqual(['1.2']);
  expect(refusedBy(SPEC, OTHER, OWN)).toEqual(['1.1']);
  expect(refusedBy(SPEC, OWN, OWN)).toEqual([]);
  const pair = { answer: OTHER, tests: OWN };
  const right = crossFrom(verdict({ 1.1: 'passed', 1.2: 'failed' }), pair, ['1.2']);
  expect(right).toMatchObject({ failed: ['1.2'], problems: [] });
  const wrong = crossFrom(verdict({ 1.1: 'failed', 1.2: 'passed' }), pair, ['1.2']);
  expect(wrong.problems).toEqual(['1.2 must fail and passed', '1.1 must pass and failed']);
  const open = crossFrom(verdict({ 1.1: 'waiting', 1.2: 'failed' }), pair, ['1.2']);
  expect(open.problems).toEqual(['1.1 must be judged and was waiting']);
});

test('the table has a row and a column for each variant, and says where it is wrong', () => {
  const table = renderCrosses([
    crossFrom(verdict({ 1.2: 'passed' }), { answer: OWN, tests: OWN }, []),
    crossFrom(verdict({ 1.1: 'failed' }), { answer: OWN, tests: OTHER }, ['1.1']),
    crossFrom(verdict({ 1.2: 'passed' }), { answer: OTHER, tests: OWN }, ['1.2']),
    crossFrom(verdict({ 1.1: 'passed' }), { answer: OTHER, tests: OTHER }, []),
  ]);
  expect(table).toContain('newest + sum  ✓             ✗ 1.1');
  expect(table).toContain(
    'a solution of oldest + sum, tests of newest + sum: 1.2 must fail and passed',
  );
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxTrouble } from '@backend-labs/launcher';
import { describe, expect, test } from 'vitest';
import { withoutPaths } from '../src/judge/paths.ts';
import { renderDiff } from '../src/report/diff.ts';
import { Folder, ROOT } from './support/folder.ts';
import { ToyPack } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;
const NAMES = ['result.json', 'verdicts.json', 'report.html'] as const;

/** What a browser shows of a page's `pre` elements. */
function preIn(page: string): string {
  const pres = [...page.matchAll(/<pre>([\s\S]*?)<\/pre>/gu)].map(([, pre = '']) => pre);
  return pres.map((pre) => pre.replaceAll(/<[^>]+>/gu, '')).join('\n');
}

const filesOf = (lines: readonly string[]) => new Map([['a.ts', Buffer.from(lines.join('\n'))]]);
const LINES = Array.from({ length: 40 }, (_, at) => `line ${at + 1}`);

test('the diff has each line with its old and its new number, and marks each gap', () => {
  const changed = LINES.toSpliced(25, 1).with(9, 'changed');
  expect(preIn(renderDiff(filesOf(LINES), filesOf(changed)).source).split('\n')).toEqual([
    '⋮',
    '   6    6   line 6',
    '   7    7   line 7',
    '   8    8   line 8',
    '   9    9   line 9',
    '  10      - line 10',
    '       10 + changed',
    '  11   11   line 11',
    '  12   12   line 12',
    '  13   13   line 13',
    '  14   14   line 14',
    '⋮',
    '  22   22   line 22',
    '  23   23   line 23',
    '  24   24   line 24',
    '  25   25   line 25',
    '  26      - line 26',
    '  27   26   line 27',
    '  28   27   line 28',
    '  29   28   line 29',
    '  30   29   line 30',
    '⋮',
    '',
  ]);
});

test.for([
  ['changed', filesOf(LINES.slice(0, 5)), filesOf(['new', ...LINES])],
  ['new', new Map(), filesOf(LINES)],
  ['deleted', filesOf([...LINES, '']), new Map()],
] as const)('the diff of a %s file has no mark where the file begins or ends', ([, old, now]) => {
  const lines = preIn(renderDiff(old, now).source).split('\n');
  expect(lines.length).toBeGreaterThan(40);
  expect(lines).not.toContain('⋮');
});

test('a file of the diff is folded, and says how many lines came and went', () => {
  const { source } = renderDiff(filesOf(LINES), filesOf(['x', 'y', ...LINES.slice(1)]));
  expect(source).not.toContain('<details open');
  const [, summary = ''] = /<summary>([\s\S]*?)<\/summary>/u.exec(source) ?? [];
  expect(summary.replaceAll(/<[^>]+>/gu, '').replaceAll(/\s+/gu, ' ')).toBe('a.ts changed +2 −1');
});

test('a diff that is cut says so where it ends', () => {
  const { source } = renderDiff(filesOf([]), filesOf(Array.from({ length: 700 }, () => 'x')));
  expect(preIn(source).trimEnd().split('\n').slice(-2)).toEqual(['      600 + x', '⋮']);
  expect(source).toContain('<span class="added">+700</span>');
});

test.for([
  ['at f (file:///srv/labs/run/src/a%20b.ts:7:3)', 'at f (src/a%20b.ts:7:3)'],
  ['cannot read /srv/labs/run/src/a.ts', 'cannot read src/a.ts'],
  ['cannot enter /srv/labs/run', 'cannot enter .'],
  ['at /srv/labs/node_modules/x.js', 'at node_modules/x.js'],
  ['https://example.com/srv/labs/run', 'https://example.com/srv/labs/run'],
  ['/srv/labs-of-others/x', '/srv/labs-of-others/x'],
] as const)('"%s" without paths is "%s"', ([given, shown]) => {
  expect(withoutPaths({ all: [given] }, ['/srv/labs', '/srv/labs/run'])).toEqual({ all: [shown] });
});

describe.skipIf(missing)('a grade', () => {
  test('has no path of its machine', async () => {
    using pack = new ToyPack();
    using to = new Folder();
    const work = `export const answer = () => { throw new Error('at ' + process.cwd()); };`;
    await pack.grade({ 'src/answer.ts': work }, to);
    const [result, verdicts, report] = NAMES.map((name) => readFileSync(to.path(name), 'utf8'));
    expect(verdicts).toMatch(/at \S* ?\(?src\/answer\.ts:1/u);
    for (const path of [ROOT, pack.dir, pack.stateDir, to.dir, join(pack.stateDir, 'runs')]) {
      expect(result).not.toContain(path);
      expect(verdicts).not.toContain(path);
      expect(report).not.toContain(path);
    }
  });

  test('has the submission’s name, its list of AI tools, and a mark at what the starter passes', async () => {
    using pack = new ToyPack('01-toy', [], undefined, { passedByStarter: ['1.2'] });
    using to = new Folder();
    await pack.grade({}, to, {
      'work/01-toy/src/answer.ts': 'export const answer = () => undefined;',
      'work/AI.md': 'For the SQL.',
    });
    const report = readFileSync(to.path('report.html'), 'utf8');
    expect(report).toContain('<strong>1.2*</strong>');
    expect(report).toContain('<strong>1.1</strong>');
    expect(report).toMatch(/Submission: <strong>grader-\w+<\/strong>/u);
    expect(report).toContain('>For the SQL.</pre>');
    expect(report.split('the untouched starter passes as well').length).toBe(2);
  });
});

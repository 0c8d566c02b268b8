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

test('the diff has each line on its own, with its number', () => {
  const lines = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`);
  const changed = lines.toSpliced(17, 1).with(1, 'changed');
  const files = (all: readonly string[]) => new Map([['a.ts', Buffer.from(all.join('\n'))]]);
  const { source } = renderDiff(files(lines), files(changed));
  expect(preIn(source).split('\n')).toEqual([
    '    1  line 1',
    '-   2  line 2',
    '+   2  changed',
    '    3  line 3',
    '    4  line 4',
    '    5  line 5',
    '    6  line 6',
    '⋮',
    '   14  line 14',
    '   15  line 15',
    '   16  line 16',
    '   17  line 17',
    '-  18  line 18',
    '   18  line 19',
    '   19  line 20',
    String.raw`\ No newline at end of file`,
    '',
  ]);
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

  test('marks a point that the starter passes as well', async () => {
    using pack = new ToyPack('01-toy', [], undefined, { passedByStarter: ['1.2'] });
    using to = new Folder();
    await pack.grade({}, to, {
      'work/01-toy/src/answer.ts': 'export const answer = () => undefined;',
    });
    const report = readFileSync(to.path('report.html'), 'utf8');
    expect(report).toContain('<td>1.2*</td>');
    expect(report).toContain('<td>1.1</td>');
    expect(report).toContain('* The untouched starter passes this point as well.');
  });
});

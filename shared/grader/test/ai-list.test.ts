import type { AiPolicy, Pack } from '@backend-labs/protocol';
import { expect, test } from 'vitest';
import { takeWork } from '../src/submission/take.ts';
import { reportOf, wordsOf } from './support/report.ts';

const PACK: Pack = { pack: 1, lab: '01-toy', title: '', tasks: [1], ai: 'declared', digest: '' };

function taken(files: Readonly<Record<string, string>>) {
  const bytes = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  return takeWork({ files: bytes, leftOut: [] }, PACK, new Map());
}

test.for(['work/AI.md', 'work/ai.md', 'AI.md', 'work/01-toy/AI.md'])(
  'a list of AI tools in %s is kept',
  (path) => {
    const { aiList } = taken({ 'work/01-toy/src/a.ts': '', [path]: 'For the SQL.' });
    expect(aiList).toBe('For the SQL.');
  },
);

test('the list of AI tools is neither work nor a change that does not count', () => {
  const { files, leftOut } = taken({ 'work/01-toy/src/a.ts': '', 'work/AI.md': 'x' });
  expect([...files.keys()]).toEqual(['src/a.ts']);
  expect(leftOut).toEqual([]);
});

test('the report has the list, escaped and cut', () => {
  const aiList = `<script>alert(1)</script>${'x'.repeat(10_000)}`;
  const page = reportOf({ pack: { ai: 'declared' }, taken: { aiList } });
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;x');
  expect(page).not.toContain('<script>');
  expect(page).toContain('x… (cut)');
  expect(page).not.toContain('x'.repeat(5000));
});

test.for<readonly [AiPolicy, string]>([
  ['allowed', 'may use any AI tool.'],
  ['declared', 'A list never costs points. No list was handed in.'],
  ['forbidden', 'is asked not to use AI tools.'],
])('the report says in words that AI tools are %s', ([ai, words]) => {
  const page = wordsOf(reportOf({ pack: { ai } }));
  expect(page).toContain(words);
  expect(page.includes('No list was handed in')).toBe(ai === 'declared');
});

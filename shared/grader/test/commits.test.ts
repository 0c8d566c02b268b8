import { expect, test } from 'vitest';
import { renderCommits } from '../src/report/commits.ts';
import { ownCommits } from '../src/submission/own-commits.ts';
import type { Commit } from '../src/submission/repository.ts';
import { passed, point, reportOf, wordsOf } from './support/report.ts';

const PACKS = '2 files changed, 3 insertions(+)';
const pristine = new Map([
  ['a.ts', Buffer.from('one\ntwo\n')],
  ['b.ts', Buffer.from('no end')],
]);

const commit = (id: string, changes: string, hour = 10): Commit => ({
  id,
  at: `2026-01-01T${hour}:00:00Z`,
  subject: `Subject ${id}`,
  changes,
});

test.for([
  ['the pack’s own', PACKS, ['second']],
  ['one with work in it', '2 files changed, 9 insertions(+)', ['first', 'second']],
  ['one with files beside the pack', '3 files changed, 3 insertions(+)', ['first', 'second']],
] as const)('a first commit is left out if it is the pack’s own: %s', ([, changes, ids]) => {
  const history = [commit('first', changes), commit('second', PACKS)];
  expect(ownCommits(history, pristine).map(({ id }) => id)).toEqual(ids);
});

test('the first commit that was judged is compared with the starter', () => {
  const [first, second, third] = ['aa', 'bb', 'cc'].map((id) => commit(id, '1 file changed'));
  if (!first || !second || !third) throw new TypeError('three commits');
  const page = renderCommits({
    history: [first, second, third],
    steps: [
      { commit: first, points: [passed('1.1'), passed('1.2'), point('1.3')] },
      { commit: third, points: [point('1.1'), passed('1.2'), passed('1.3')] },
    ],
    starter: [passed('1.1'), point('1.2'), point('1.3')],
  });
  const rows = page.source.split('</tr>').map((row) => row.split('</td>').map(wordsOf).slice(3));
  expect(rows.slice(1, 5)).toEqual([
    ['1 of 3', '', '', ''],
    ['2 of 3', '1.2', '', ''],
    ['', '', '', ''],
    ['2 of 3', '1.3', '1.1', ''],
  ]);
});

test('the time is from the first commit of the candidate’s to the last one', () => {
  const history = [commit('aa', '1 file changed', 11), commit('bb', '1 file changed', 13)];
  const page = wordsOf(reportOf({ history }));
  expect(page).toContain('2 h between the candidate&#39;s first and last commit');
  expect(page).toContain('work before the first commit is not in the time');
  expect(wordsOf(reportOf({ history: history.slice(1) }))).toContain('do not say how long it took');
});

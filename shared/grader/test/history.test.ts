import { readFileSync } from 'node:fs';
import { sandboxTrouble } from '@backend-labs/launcher';
import { afterAll, describe, expect, test } from 'vitest';
import { spread } from '../src/submission/commits.ts';
import { Folder } from './support/folder.ts';
import { GOOD, ToyPack, writeAll } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;
// In truth the starter passes neither: where 1.2 is passed, it was not judged.
const pack = new ToyPack('01-toy', [], undefined, { passedByStarter: ['1.2'] });
afterAll(() => pack[Symbol.dispose]());
const HALF = `export const answer = (url) => (url === '/hello' ? 'hello' : undefined);`;

/** Versions of git differ in how they write UTC. */
const at = (time: string) => expect.stringMatching(`^2026-01-01T${time}:00(?:Z|[+]00:00)$`);

/** The rows of the table of commits: each its cells' texts. */
function rowsIn(report: string): string[][] {
  const [, table = ''] = /<th>Commit<\/th>[\s\S]*?<\/tr>([\s\S]*?)<\/table>/u.exec(report) ?? [];
  return [...table.matchAll(/<tr>([\s\S]*?)<\/tr>/gu)].map(([, row = '']) =>
    [...row.matchAll(/<td[^>]*>([\s\S]*?)<\/td>/gu)].map(([, cell = '']) =>
      cell.replaceAll(/<code>.*<\/code>|\s+/gu, ' ').trim(),
    ),
  );
}

describe.skipIf(missing)('the history', () => {
  test('shows the points of the starter and of each commit, and leaves the result as it is', async () => {
    using submission = new Folder();
    using to = new Folder();
    using plain = new Folder();
    pack.commitStarter(submission, '2026-01-01T10:00:00Z');
    writeAll(submission.dir, { 'NOTES.md': 'Not work.' });
    pack.commit(submission, {}, 'Take notes', '2026-01-01T10:30:00Z');
    pack.commit(submission, { 'src/answer.ts': HALF }, 'Say hello', '2026-01-01T11:00:00Z');
    pack.commit(submission, { 'src/answer.ts': GOOD }, 'Say it back', '2026-01-01T12:00:00Z');
    const result = await pack.gradeFolder(submission, to, { commits: 5 });
    expect(rowsIn(readFileSync(to.path('report.html'), 'utf8'))).toEqual([
      ['The starter', '', '', '1 of 2', '', ''],
      ['Take notes', at('10:30'), '1 file, +1 −0', '1 of 2', '', ''],
      ['Say hello', at('11:00'), '1 file, +1 −1', '1 of 2', '1.1', '1.2'],
      ['Say it back', at('12:00'), '1 file, +2 −1', '2 of 2', '1.2', ''],
    ]);
    const { times } = result;
    expect({ ...(await pack.gradeFolder(submission, plain)), times }).toEqual(result);
  });

  test('of a folder without git is refused', async () => {
    using submission = new Folder();
    using to = new Folder();
    const grading = pack.gradeFolder(submission, to, { commits: 5 });
    await expect(grading).rejects.toMatchObject({ code: 'NO_SUBMISSION' });
  });
});

test.for([
  [5, [1, 2, 3], [1, 2, 3]],
  [2, [1, 2, 3, 4, 5, 6], [3, 6]],
  [3, [1, 2, 3, 4, 5, 6, 7], [3, 5, 7]],
  [1, [1, 2], [2]],
] as const)('at most %d of %j are %j', ([most, all, some]) => {
  expect(spread(all, most)).toEqual(some);
});

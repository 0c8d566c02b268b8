import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect } from '../src/collect/collect.ts';
import { shown, sourceOf } from '../src/collect/source.ts';
import { readClass } from '../src/read-class.ts';
import type { Assignment } from '../src/records.ts';
import { StudentRepo } from './support/student-repo.ts';
import { ANSWERS, TOY, ToyClass } from './support/toy.ts';

const DUE = '2026-06-10T18:00:00Z';
const BEFORE = '2026-06-10T17:59:59Z';
const LATE = '2026-06-11T20:00:00Z';
const TOO_LATE = '2026-06-12T18:00:01Z';
const POLICY = { hours: 48, perDay: 0.1 };

function answerIn(dir: string | undefined): string {
  return readFileSync(join(dir ?? '', 'work', TOY, 'src/answer.ts'), 'utf8');
}

describe('of a repository', () => {
  test('the last commit before the due date is taken if nothing late counts', async () => {
    using toy = ToyClass.of(['ada'], DUE);
    const repo = new StudentRepo(toy, 'ada');
    repo.commit('2026-06-09T10:00:00Z', 1);
    const commit = repo.commit(BEFORE, 2);
    repo.commit(LATE, 0);
    await collect({ dir: toy.course });
    const [record] = await readClass(toy.course);
    expect(record).toMatchObject({ state: 'collected', submission: { commit, lateSeconds: 0 } });
    expect(record?.submission?.at).toBe(new Date(BEFORE).toISOString());
    expect(answerIn(record?.submission?.dir)).toBe(ANSWERS[2]);
  });

  test('the last commit in the hours of the late policy is taken, with how late it is', async () => {
    using toy = ToyClass.of(['ada'], DUE, POLICY);
    const repo = new StudentRepo(toy, 'ada');
    repo.commit(BEFORE, 1);
    const commit = repo.commit(LATE, 2);
    repo.commit(TOO_LATE, 0);
    const [outcome] = await collect({ dir: toy.course });
    expect(outcome).toMatchObject({ outcome: 'collected', commit, lateSeconds: 26 * 3600 });
  });

  test('without a commit before the deadline there is no submission', async () => {
    using toy = ToyClass.of(['ada', 'bob', 'cyd'], DUE);
    new StudentRepo(toy, 'ada').commit(LATE, 2);
    // Nobody has pushed to it.
    new StudentRepo(toy, 'bob').git(['config', 'core.bare', 'false']);
    const elsewhere = new StudentRepo(toy, 'cyd');
    elsewhere.commit(BEFORE, 2);
    elsewhere.git(['mv', 'work', 'works']);
    elsewhere.git(['commit', '--quiet', '-m', 'move'], BEFORE);
    await collect({ dir: toy.course });
    const records = await readClass(toy.course);
    expect(records.map(({ state, note }) => [state, note])).toEqual([
      ['no submission', 'no commit before 2026-06-10T18:00:00.000Z'],
      ['no submission', 'the repository has no commit'],
      ['no submission', expect.stringContaining(`no work/${TOY}/ in `)],
    ]);
  });

  test('that cannot be read, the reason is listed, and the others are collected', async () => {
    using toy = ToyClass.of(['ada', 'bob'], DUE);
    new StudentRepo(toy, 'bob').commit(BEFORE, 2);
    mkdirSync(toy.path('repos/ada/.git'), { recursive: true });
    const outcomes = await collect({ dir: toy.course });
    const states = outcomes.map(({ student, outcome }) => `${student.id} ${outcome}`);
    expect(states.toSorted()).toEqual(['ada not read', 'bob collected']);
    const [ada] = await readClass(toy.course, { students: ['ada'] });
    expect(ada?.state).toBe('not collected');
    expect(ada?.note).toMatch(/does not appear to be a git repository|Could not read/u);
  });

  test('that can no longer be read, what was collected stays', async () => {
    using toy = ToyClass.of(['ada'], '2126-06-10T18:00:00Z');
    const repo = new StudentRepo(toy, 'ada');
    const commit = repo.commit(BEFORE, 2);
    await collect({ dir: toy.course });
    rmSync(repo.dir, { recursive: true });
    expect(await collect({ dir: toy.course })).toMatchObject([{ outcome: 'not read' }]);
    expect(await readClass(toy.course)).toMatchObject([
      { state: 'collected', submission: { commit } },
    ]);
  });
});

describe('a second collect', () => {
  test('before the deadline takes the newer commit', async () => {
    using toy = ToyClass.of(['ada'], '2126-06-10T18:00:00Z');
    const repo = new StudentRepo(toy, 'ada');
    repo.commit('2026-06-01T00:00:00Z', 1);
    await collect({ dir: toy.course });
    const commit = repo.commit('2026-06-02T00:00:00Z', 2);
    expect(await collect({ dir: toy.course })).toMatchObject([{ outcome: 'collected', commit }]);
    const [record] = await readClass(toy.course);
    expect(answerIn(record?.submission?.dir)).toBe(ANSWERS[2]);
  });

  test('after the deadline leaves out a commit that was pushed since, whatever its date', async () => {
    using toy = ToyClass.of(['ada'], DUE);
    const repo = new StudentRepo(toy, 'ada');
    const commit = repo.commit('2026-06-01T00:00:00Z', 1);
    await collect({ dir: toy.course });
    const backDated = repo.commit('2026-06-02T00:00:00Z', 2);
    expect(await collect({ dir: toy.course })).toMatchObject([{ outcome: 'settled' }]);
    expect(await readClass(toy.course)).toMatchObject([{ submission: { commit } }]);
    await collect({ dir: toy.course, again: true });
    expect(await readClass(toy.course)).toMatchObject([{ submission: { commit: backDated } }]);
  });

  test('looks again when the deadline has been moved', async () => {
    using toy = ToyClass.of(['ada'], DUE);
    const repo = new StudentRepo(toy, 'ada');
    repo.commit(BEFORE, 1);
    await collect({ dir: toy.course });
    const commit = repo.commit(LATE, 2);
    const file = toy.path('course/class.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('2026-06-10', '2026-06-20'));
    expect(await collect({ dir: toy.course })).toMatchObject([{ outcome: 'collected', commit }]);
  });
});

test('a deadline in another century is a deadline', async () => {
  using toy = ToyClass.of(['ada'], '2126-12-01T18:00:00Z');
  const commit = new StudentRepo(toy, 'ada').commit(new Date().toISOString(), 2);
  expect(await collect({ dir: toy.course })).toMatchObject([{ outcome: 'collected', commit }]);
});

test('a folder without git is taken as it is', async () => {
  using toy = ToyClass.of(['ada'], DUE);
  toy.handIn('ada', 2);
  await collect({ dir: toy.course });
  const [record] = await readClass(toy.course);
  expect(record).toMatchObject({ state: 'collected', submission: { lateSeconds: 0 } });
  expect(record?.submission?.commit).toBeUndefined();
});

test('a student or assignment that the class does not have is one line', async () => {
  using toy = ToyClass.of(['ada'], DUE);
  await expect(collect({ dir: toy.course, students: ['eve'] })).rejects.toThrow(
    'There is no student "eve". The class has ada.',
  );
});

describe('where a repository is', () => {
  const assignment = { id: '07-x' } as Assignment;
  const pattern = { repositories: 'https://git.example.org/{assignment}-{student}.git' };

  test.each([
    [undefined, 'https://git.example.org/07-x-ada.git'],
    ['git@git.example.org:me/{assignment}.git', 'git@git.example.org:me/07-x.git'],
    ['../ada', '/courses/ada'],
  ])('the roster says %s', (repository, at) => {
    const student = { id: 'ada', name: 'Ada', ...(repository !== undefined && { repository }) };
    expect(sourceOf('/courses/backend', pattern, student, assignment)?.at).toBe(at);
  });

  test('is shown without its password', () => {
    const source = { at: 'https://me:secret@git.example.org/ada.git', isGit: true };
    expect(shown(source)).toBe('https://git.example.org/ada.git');
  });
});

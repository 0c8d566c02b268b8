import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { findLab, loadLab, readCatalog } from '@backend-labs/catalog';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readPack } from '../src/pack/read-pack.ts';
import { duration } from '../src/pack/texts.ts';
import { writePack } from '../src/pack/write-pack.ts';
import { Folder, ROOT } from './support/folder.ts';

const catalog = readCatalog(ROOT);
const lab = findLab(catalog, '01-query-plans');
const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());
const options = { root: ROOT, lab, minutes: 180, ai: 'forbidden' } as const;
const pack = await writePack({ ...options, tasks: [1, 3], to: folder.dir });
const files = folder.files();
const read = (path: string) => readFileSync(folder.path(path), 'utf8');

describe('a pack', () => {
  test('has the chosen tasks and those that they need', () => {
    expect(pack.tasks).toEqual([1, 2, 3]);
    expect(readPack(folder.dir)).toEqual(pack);
  });

  test('says which of its points the starter passes', () => {
    const points = lab.tasks.slice(0, 3).flatMap((task) => task.points.map(({ id }) => id));
    const { fails } = lab.starter;
    expect(pack.passedByStarter?.length).toBeGreaterThan(0);
    expect(pack.passedByStarter).toEqual(points.filter((id) => !fails.includes(id)));
  });

  test('has no file that gives an answer away', () => {
    const spoils =
      /solutions|misconception|designs|hints|debrief|measurements|mutants|proof\.json|interview/i;
    expect(files.filter((path) => !path.startsWith('shared/') && spoils.test(path))).toEqual([]);
    expect(
      files.filter((path) => /^shared\/(?:mutation|grader)|skeleton|\/test\//u.test(path)),
    ).toEqual([]);
  });

  test('names no other lab', () => {
    const others = catalog.labs.map(({ id }) => id).filter((id) => id !== lab.id);
    const naming = files.filter((path) => others.some((id) => read(path).includes(id)));
    expect(naming).toEqual([]);
  });

  test('has a ticket of the chosen tasks, and a lab that can be read', () => {
    const headings = read(`work/${lab.id}/README.md`).match(/^## Task \d+/gmu);
    expect(headings).toEqual(['## Task 1', '## Task 2', '## Task 3']);
    const own = loadLab(folder.path('labs', lab.id), folder.dir);
    expect(own.tasks.map(({ points }) => points.length)).toEqual(
      lab.tasks.map(({ number, points }) => (number <= 3 ? points.length : 0)),
    );
  });

  test('says how long it takes and what AI may do', () => {
    expect(read('README.md')).toContain('**3 h** of work');
    expect(read('README.md')).toContain('Do not use AI tools');
  });

  test('locks every package that it names, and no folder that it lacks', () => {
    const { importers } = parse(read('pnpm-lock.yaml')) as { importers: Record<string, object> };
    expect(Object.keys(importers).filter((path) => path.startsWith('labs/'))).toEqual([
      `labs/${lab.id}`,
    ]);
    for (const path of Object.keys(importers)) {
      const { dependencies = {} } = JSON.parse(read(`${path}/package.json`)) as {
        dependencies?: Record<string, string>;
      };
      expect(importers[path]).toMatchObject(
        Object.keys(dependencies).length > 0
          ? {
              dependencies: Object.fromEntries(Object.keys(dependencies).map((name) => [name, {}])),
            }
          : {},
      );
    }
  });

  test('is a git repository with one commit of every file', () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'safe.directory=*', ...args], { cwd: folder.dir }).toString();
    expect(git('rev-list', '--count', 'HEAD').trim()).toBe('1');
    expect(git('status', '--porcelain')).toBe('');
    expect(git('ls-files').trim().split('\n').toSorted()).toEqual(files.toSorted());
  });

  test('is the same each time that it is made', async () => {
    using again = new Folder();
    expect(await writePack({ ...options, tasks: [1, 3], to: again.dir })).toEqual(pack);
  });

  test('is not made in a folder that has something', async () => {
    using other = new Folder();
    writeFileSync(other.path('mine.txt'), '');
    const made = writePack({ ...options, tasks: [1], to: other.dir });
    await expect(made).rejects.toMatchObject({ code: 'NOT_EMPTY' });
  });
});

test.for([
  [180, '3 h'],
  [90, '1 h 30 min'],
  [45, '45 min'],
] as const)('%d minutes are %s', ([minutes, shown]) => {
  expect(duration(minutes)).toBe(shown);
});

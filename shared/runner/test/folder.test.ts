import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownerTag } from '@backend-labs/stack';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeFolder } from '../src/folder.ts';

let runs = '';

beforeEach(() => {
  runs = join(mkdtempSync(join(tmpdir(), 'labs-runs-')), 'runs');
});
afterEach(() => rmSync(join(runs, '..'), { recursive: true, force: true }));

test('two runs at once have two folders, and the next has the first again', async () => {
  const first = await takeFolder(runs, 'lab');
  const second = await takeFolder(runs, 'lab');
  expect([first.dir, second.dir]).toEqual([join(runs, 'lab-1'), join(runs, 'lab-2')]);
  first[Symbol.dispose]();
  expect(readdirSync(runs)).toEqual(['lab-2']);
  using third = await takeFolder(runs, 'lab');
  expect(third.dir).toBe(first.dir);
});

test('a folder whose run was killed is removed, and one that is just being taken is not', async () => {
  const dead = (await ownerTag()).replace(/_\d+_/u, '_999999999_');
  for (const name of ['lab-1', 'lab-2']) mkdirSync(join(runs, name), { recursive: true });
  writeFileSync(join(runs, 'lab-1', '.owner'), dead);
  using mine = await takeFolder(runs, 'lab');
  expect(mine.dir).toBe(join(runs, 'lab-3'));
  expect(readdirSync(runs)).toEqual(['lab-2', 'lab-3']);
});

test('what a run left in its folder goes with it', async () => {
  const { dir, ...folder } = await takeFolder(runs, 'lab');
  mkdirSync(join(dir, 'starter'));
  writeFileSync(join(dir, 'starter', 'app.ts'), '');
  folder[Symbol.dispose]();
  expect(existsSync(dir)).toBe(false);
});

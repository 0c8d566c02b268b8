import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyKey, workRoot } from '../../src/copies/place.ts';
import { Scene } from './support/scene.ts';

describe('workRoot', () => {
  const root = '/repo';

  test('is work in the repository when nothing else is said', () => {
    expect(workRoot({ root, env: {} })).toBe('/repo/work');
    expect(workRoot({ root, flag: '', env: { LABS_WORK: '' } })).toBe('/repo/work');
  });

  test('follows LABS_WORK, a relative one from the repository', () => {
    expect(workRoot({ root, env: { LABS_WORK: '/mine' } })).toBe('/mine');
    expect(workRoot({ root, env: { LABS_WORK: '../mine' }, cwd: '/elsewhere/deep' })).toBe('/mine');
  });

  test('follows --work before LABS_WORK, a relative one from where the person stands', () => {
    expect(workRoot({ root, flag: '/flag', env: { LABS_WORK: '/mine' } })).toBe('/flag');
    expect(workRoot({ root, flag: 'w', env: {}, cwd: '/home/me' })).toBe('/home/me/w');
  });

  test.for(['labs', 'labs/01-query-plans', 'shared/cli', '.labs', 'node_modules', '.git'])(
    'refuses %s of the repository',
    (flag) => {
      expect(() => workRoot({ root, flag, env: {}, cwd: root })).toThrow(
        expect.objectContaining({ code: 'WORK_MISPLACED' }),
      );
    },
  );

  test('refuses the catalogue by way of a link', async () => {
    await using scene = await Scene.open();
    await mkdir(join(scene.root, 'home'));
    await symlink('../labs', join(scene.root, 'home/link'));
    const flag = join(scene.root, 'home/link/new');
    expect(() => workRoot({ root: scene.root, flag, env: {} })).toThrow(
      expect.objectContaining({ code: 'WORK_MISPLACED', fix: expect.stringContaining('--work') }),
    );
  });
});

test('a copy keeps its key when the repository moves, and two work folders have two', () => {
  const lab = { id: '01-a', dir: '/any' };
  const key = (work: string, stateDir: string) => copyKey(lab, { workRoot: work, stateDir });
  expect(key('/repo/work', '/repo/.labs')).toBe(key('/moved/work', '/moved/.labs'));
  expect(key('/repo/work', '/repo/.labs')).not.toBe(key('/repo/other', '/repo/.labs'));
});

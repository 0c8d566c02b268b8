import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createCopy,
  copyState,
  listAttempts,
  resetCopy,
  restoreAttempt,
  saveAttempt,
} from '../../src/copies/index.ts';
import { contents, editAll, EDITS, lay, Scene, STARTER } from './support/scene.ts';

const starterPaths = Object.keys(STARTER).toSorted();

async function edited(): Promise<Scene> {
  const scene = await Scene.open();
  await createCopy(scene.lab, scene.place);
  await editAll(scene);
  return scene;
}

describe('saveAttempt', () => {
  test('keeps every file byte for byte, with modes and links', async () => {
    await using scene = await edited();
    const work = await contents(scene.copy);
    const path = await saveAttempt(scene.lab, scene.place);

    expect(await contents(path)).toEqual(work);
    const expected = [...new Set([...starterPaths, ...Object.keys(EDITS)])]
      .filter((name) => name !== 'src/server.ts')
      .toSorted();
    expect(Object.keys(work)).toEqual(expected);
    expect((await stat(join(path, 'src/crlf.ts'))).mode & 0o777).toBe(0o444);
    expect(await contents(scene.copy)).toEqual(work);
  });

  test('is named by the UTC time and never overwrites', async () => {
    await using scene = await edited();
    const now = new Date('2026-03-01T09:08:07.999Z');
    const paths: string[] = [];
    for (let n = 1; n <= 11; n += 1) {
      await scene.edit({ 'src/app.ts': `${n}\n` });
      paths.push(await saveAttempt(scene.lab, scene.place, now));
    }
    expect(paths.slice(0, 3).map((path) => basename(path))).toEqual([
      '2026-03-01T09-08-07Z',
      '2026-03-01T09-08-07Z-2',
      '2026-03-01T09-08-07Z-3',
    ]);
    for (const [index, path] of paths.entries()) {
      expect(await readFile(join(path, 'src/app.ts'), 'utf8')).toBe(`${index + 1}\n`);
    }
    const listed = await listAttempts(scene.lab, scene.place);
    expect(listed.map(({ path }) => path)).toEqual(paths);
    expect(listed[0]?.savedAt).toEqual(new Date('2026-03-01T09:08:07Z'));
  });

  test('without a copy says that there is none', async () => {
    await using scene = await Scene.open();
    await expect(saveAttempt(scene.lab, scene.place)).rejects.toMatchObject({
      code: 'COPY_ABSENT',
    });
    expect(await listAttempts(scene.lab, scene.place)).toEqual([]);
  });

  test('leaves node_modules and .git where they are', async () => {
    await using scene = await edited();
    await scene.edit({ '.git/HEAD': 'ref\n', 'src/node_modules/x.js': 'x\n' });
    const path = await saveAttempt(scene.lab, scene.place);
    expect((await readdir(path)).toSorted()).not.toContain('.git');
    expect(await readdir(path)).not.toContain('node_modules');
    expect(await readdir(join(path, 'src'))).not.toContain('node_modules');
  });
});

describe('resetCopy', () => {
  test('saves the work, then brings the starter of today', async () => {
    await using scene = await edited();
    const work = await contents(scene.copy);
    await scene.update({
      'src/app.ts': 'newer\n',
      'src/added.ts': 'added\n',
      'package.json': null,
    });

    const { dir, attempt = '' } = await resetCopy(scene.lab, scene.place);

    expect(dir).toBe(scene.copy);
    expect(await contents(attempt)).toEqual(work);
    expect(Object.keys(await contents(scene.copy))).toEqual(
      ['src/added.ts', ...starterPaths.filter((path) => path !== 'package.json')].toSorted(),
    );
    expect(await readFile(join(scene.copy, 'src/app.ts'), 'utf8')).toBe('newer\n');
    expect(await copyState(scene.lab, scene.place)).toMatchObject({ kind: 'current', learner: [] });
    expect((await readdir(scene.copy)).toSorted()).not.toContain('notes');
  });

  test('keeps the folder itself, the packages and the learner’s .git', async () => {
    await using scene = await edited();
    await scene.edit({ '.git/HEAD': 'ref\n' });
    const before = await stat(scene.copy);
    await resetCopy(scene.lab, scene.place);
    expect((await stat(scene.copy)).ino).toBe(before.ino);
    expect(await readFile(join(scene.copy, '.git/HEAD'), 'utf8')).toBe('ref\n');
    expect(await readFile(join(scene.copy, 'node_modules/express/index.js'), 'utf8')).toBe(
      'express\n',
    );
  });

  test('without a copy makes one and saves nothing', async () => {
    await using scene = await Scene.open();
    expect(await resetCopy(scene.lab, scene.place)).toEqual({ dir: scene.copy });
    expect(Object.keys(await contents(scene.copy))).toEqual(starterPaths);
  });

  test('puts files back where the learner made folders or links, and the reverse', async () => {
    await using outside = await Scene.open();
    await using scene = await edited();
    await scene.edit({ 'src/app.ts': null });
    await scene.edit({ 'src/app.ts/inner.ts': 'folder now\n' });
    await scene.edit({ migrations: { link: outside.lab.dir } });
    await scene.edit({ 'README.md': { link: join(outside.lab.dir, 'README.md') } });
    const [theirs, work] = [await contents(outside.lab.dir), await contents(scene.copy)];

    const { attempt = '' } = await resetCopy(scene.lab, scene.place);
    expect(await contents(attempt)).toEqual(work);
    expect(Object.keys(await contents(scene.copy))).toEqual(starterPaths);
    expect(await contents(outside.lab.dir)).toEqual(theirs);

    await restoreAttempt(scene.lab, scene.place, attempt);
    expect(await contents(scene.copy)).toEqual(work);
    expect(await contents(outside.lab.dir)).toEqual(theirs);
  });
});

describe('restoreAttempt', () => {
  test('brings an attempt back byte for byte, and saves what was there', async () => {
    await using scene = await edited();
    const first = await contents(scene.copy);
    const { attempt = '' } = await resetCopy(scene.lab, scene.place);
    await scene.edit({ 'src/app.ts': 'second try\n', 'src/extra.ts': 'extra\n' });
    const second = await contents(scene.copy);

    const { attempt: saved = '' } = await restoreAttempt(scene.lab, scene.place, attempt);
    expect(await contents(scene.copy)).toEqual(first);
    expect(await contents(saved)).toEqual(second);

    await restoreAttempt(scene.lab, scene.place, basename(saved));
    expect(await contents(scene.copy)).toEqual(second);
    expect(await contents(attempt)).toEqual(first);
  });

  test('brings back what the attempt was made from, so that the next merge is right', async () => {
    await using scene = await edited();
    const { attempt = '' } = await resetCopy(scene.lab, scene.place);
    await scene.update({ 'README.md': '# Newer\n' });
    await resetCopy(scene.lab, scene.place);

    await restoreAttempt(scene.lab, scene.place, attempt);
    expect(await copyState(scene.lab, scene.place)).toMatchObject({
      kind: 'starter-changed',
      upstream: ['README.md'],
      both: [],
    });
  });

  test('works when the copy is gone', async () => {
    await using scene = await edited();
    const work = await contents(scene.copy);
    const attempt = await saveAttempt(scene.lab, scene.place);
    await lay(scene.place.workRoot, { [scene.lab.id]: null });
    expect(await restoreAttempt(scene.lab, scene.place, attempt)).toEqual({ dir: scene.copy });
    expect(await contents(scene.copy)).toEqual(work);
    expect(await readFile(join(scene.copy, 'node_modules/express/index.js'), 'utf8')).toBe(
      'express\n',
    );
  });

  test.for(['/', '.', '..', 'nonsense', '2026-01-01T00-00-00Z'])(
    'refuses %s, which is not an attempt',
    async (named) => {
      await using scene = await edited();
      const work = await contents(scene.copy);
      await expect(restoreAttempt(scene.lab, scene.place, named)).rejects.toMatchObject({
        code: 'ATTEMPT_UNKNOWN',
        fix: expect.stringContaining(join('attempts', scene.lab.id)),
      });
      expect(await contents(scene.copy)).toEqual(work);
      expect(await listAttempts(scene.lab, scene.place)).toEqual([]);
    },
  );
});

import {
  mkdir,
  readFile,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCopy, copyState } from '../../src/copies/index.ts';
import { actInChild } from './support/in-child.ts';
import { contents, editAll, LAB, lay, Scene, STARTER } from './support/scene.ts';

const starterPaths = Object.keys(STARTER).toSorted();

test('a copy holds the starter byte for byte, and the packages of the lab', async () => {
  await using scene = await Scene.open({ 'src/logo.png': Buffer.from([0, 255, 13, 10]) });
  expect(await copyState(scene.lab, scene.place)).toEqual({ kind: 'absent' });

  const made = await createCopy(scene.lab, scene.place);

  expect(made).toEqual({ dir: scene.copy, outcome: 'made' });
  const copied = await contents(scene.copy);
  expect(Object.keys(copied)).toEqual([...starterPaths, 'src/logo.png'].toSorted());
  expect(await readFile(join(scene.copy, 'src/logo.png'))).toEqual(Buffer.from([0, 255, 13, 10]));
  const express = join(scene.copy, 'node_modules/express/index.js');
  expect(await readFile(express, 'utf8')).toBe('express\n');
  expect(await readdir(scene.place.workRoot)).toEqual([LAB]);
});

test('a copy that is there is kept as it is', async () => {
  await using scene = await Scene.open();
  await createCopy(scene.lab, scene.place);
  await editAll(scene);
  const before = await contents(scene.copy);
  await scene.update({ 'src/app.ts': 'newer\n' });

  expect(await createCopy(scene.lab, scene.place)).toMatchObject({ outcome: 'kept' });
  expect(await contents(scene.copy)).toEqual(before);
});

test('a copy of which nothing is known is adopted, and its edits are the learner’s', async () => {
  await using scene = await Scene.open();
  await createCopy(scene.lab, scene.place);
  await scene.edit({ 'src/app.ts': 'mine\n' });
  await rm(scene.place.stateDir, { recursive: true });

  expect(await createCopy(scene.lab, scene.place)).toMatchObject({ outcome: 'adopted' });
  expect(await readFile(join(scene.copy, 'src/app.ts'), 'utf8')).toBe('mine\n');
  expect(await copyState(scene.lab, scene.place)).toMatchObject({
    kind: 'current',
    learner: ['src/app.ts'],
  });
});

test('a damaged record of a copy counts as none', async () => {
  await using scene = await Scene.open();
  await createCopy(scene.lab, scene.place);
  const folder = join(scene.place.stateDir, 'base', LAB);
  const record = (await readdir(folder)).find((name) => name.endsWith('.json')) ?? '';
  await writeFile(join(folder, record), '{"schema":1,"files":{"a":');

  expect(await createCopy(scene.lab, scene.place)).toMatchObject({ outcome: 'adopted' });
  expect(await createCopy(scene.lab, scene.place)).toMatchObject({ outcome: 'kept' });
});

test('a folder that is empty, or was emptied, gets a copy; its .git stays', async () => {
  await using scene = await Scene.open();
  await mkdir(scene.copy, { recursive: true });
  expect(await createCopy(scene.lab, scene.place)).toMatchObject({ outcome: 'made' });

  await lay(scene.copy, Object.fromEntries(starterPaths.map((path) => [path, null])));
  await lay(scene.copy, { '.git/HEAD': 'ref\n' });
  expect(await createCopy(scene.lab, scene.place)).toMatchObject({ outcome: 'made' });
  expect(Object.keys(await contents(scene.copy))).toEqual(['.git/HEAD', ...starterPaths]);
  expect(await copyState(scene.lab, scene.place)).not.toHaveProperty('interrupted');
});

test('two commands at once make one copy', async () => {
  await using scene = await Scene.open();
  const { lab, place } = scene;
  await Promise.all([1, 2, 3].map(() => actInChild({ do: 'create', lab, place })));
  expect(Object.keys(await contents(scene.copy))).toEqual(starterPaths);
  expect(await readdir(place.workRoot)).toEqual([LAB]);
});

describe('the link to the packages', () => {
  const express = 'node_modules/express/index.js';

  test('is relative inside the repository, so that the repository may move', async () => {
    await using scene = await Scene.open();
    await createCopy(scene.lab, scene.place);
    expect(isAbsolute(await readlink(join(scene.copy, 'node_modules')))).toBe(false);

    const moved = `${scene.root}-moved`;
    await rename(scene.root, moved);
    expect(await readFile(join(moved, 'work', LAB, express), 'utf8')).toBe('express\n');
    await rename(moved, scene.root);
  });

  test('is absolute where the copies lie elsewhere', async () => {
    await using scene = await Scene.open();
    await using elsewhere = await Scene.open();
    const place = { ...scene.place, workRoot: join(elsewhere.root, 'mine') };
    const { dir } = await createCopy(scene.lab, place);
    expect(await readlink(join(dir, 'node_modules'))).toBe(join(scene.lab.dir, 'node_modules'));
    expect(await readFile(join(dir, express), 'utf8')).toBe('express\n');
  });

  test('leads to the lab even if the work folder is itself a link', async () => {
    await using scene = await Scene.open();
    await mkdir(join(scene.root, 'a/b/c'), { recursive: true });
    await symlink('a/b/c', scene.place.workRoot);
    await createCopy(scene.lab, scene.place);
    expect(await readFile(join(scene.copy, express), 'utf8')).toBe('express\n');
  });

  test.for(['../nowhere', '../../labs'])('is fixed when it leads to %s', async (target) => {
    await using scene = await Scene.open();
    await createCopy(scene.lab, scene.place);
    await rm(join(scene.copy, 'node_modules'));
    await symlink(target, join(scene.copy, 'node_modules'));

    await createCopy(scene.lab, scene.place);
    expect(await readFile(join(scene.copy, express), 'utf8')).toBe('express\n');
  });

  test('is made before the packages are installed', async () => {
    await using scene = await Scene.open({ 'node_modules/express/index.js': null });
    await createCopy(scene.lab, scene.place);
    const link = await readlink(join(scene.copy, 'node_modules'));
    await createCopy(scene.lab, scene.place);
    await scene.update({ 'node_modules/express/index.js': 'later\n' });
    expect(await readFile(join(scene.copy, express), 'utf8')).toBe('later\n');
    expect(await realpath(join(scene.copy, link))).toBe(join(scene.lab.dir, 'node_modules'));
  });

  test('gives way to a folder of the learner’s own install', async () => {
    await using scene = await Scene.open();
    await createCopy(scene.lab, scene.place);
    await rm(join(scene.copy, 'node_modules'));
    await lay(scene.copy, { [express]: 'my own\n' });
    await createCopy(scene.lab, scene.place);
    expect(await readFile(join(scene.copy, express), 'utf8')).toBe('my own\n');
    expect(dirname(await realpath(join(scene.copy, express)))).toContain(scene.copy);
  });
});

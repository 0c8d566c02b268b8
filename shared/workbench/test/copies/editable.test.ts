import { expect, test } from 'vitest';
import { editableFiles } from '../../src/copies/editable.ts';
import { Scene, STARTER } from './support/scene.ts';

test('a learner gets the starter and nothing that judges or spoils', async () => {
  await using scene = await Scene.open();
  expect([...(await editableFiles(scene.lab)).keys()]).toEqual(Object.keys(STARTER).toSorted());
});

test('files that a lab adds beside the usual ones are the learner’s', async () => {
  await using scene = await Scene.open({
    Dockerfile: 'FROM node\n',
    '.env.example': 'PORT=\n',
    'tsconfig.json': '{}\n',
    'src/data/seed.ts': 'export {};\n',
    'src/tests/self.ts': 'export {};\n',
  });
  const files = [...(await editableFiles(scene.lab)).keys()];
  expect(files).toEqual(
    expect.arrayContaining([
      '.env.example',
      'Dockerfile',
      'src/data/seed.ts',
      'src/tests/self.ts',
      'tsconfig.json',
    ]),
  );
});

test('a spoiler stays out at any depth and in any case', async () => {
  const spoilers = {
    'Hints.md': '',
    'src/hints.md': '',
    'src/orders/SOLUTION.md': '',
    'src/orders/solutions/a.ts': '',
    'src/misconceptions/b/app.ts': '',
    'migrations/debrief.MD': '',
    'src/node_modules/x/index.js': '',
    'src/.DS_Store': '',
  };
  await using scene = await Scene.open(spoilers);
  const files = await editableFiles(scene.lab);
  expect(Object.keys(spoilers).filter((path) => files.has(path))).toEqual([]);
  expect(files.size).toBe(Object.keys(STARTER).length);
});

import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  applyMerge,
  conflictsOf,
  copyState,
  createCopy,
  declineMerge,
  planMerge,
} from '../../src/copies/index.ts';
import { contents, LAB, type Files, Scene } from './support/scene.ts';

const MINE_AT_TOP = 'mine\ntwo\nthree\nfour\nfive\nsix\nseven\n';
const THEIRS_AT_END = 'one\ntwo\nthree\nfour\nfive\nsix\ntheirs\n';

/** A copy, then the learner's edits, then a pull of the repository. */
async function diverged(mine: Files, theirs: Files, starter: Files = {}): Promise<Scene> {
  const scene = await Scene.open(starter);
  await createCopy(scene.lab, scene.place);
  await scene.edit(mine);
  await scene.update(theirs);
  return scene;
}

function read(scene: Scene, path: string): Promise<string> {
  return readFile(join(scene.copy, path), 'utf8');
}

async function kindsOf(scene: Scene): Promise<Record<string, string>> {
  const { changes } = await planMerge(scene.lab, scene.place);
  return Object.fromEntries(
    changes.map((change) => [change.path, change.kind === 'conflict' ? change.why : change.kind]),
  );
}

test('without a change of the starter there is nothing to offer', async () => {
  await using scene = await diverged({ 'src/app.ts': MINE_AT_TOP, 'src/new.ts': 'new\n' }, {});
  expect(await copyState(scene.lab, scene.place)).toMatchObject({
    kind: 'current',
    upstream: [],
    learner: ['src/app.ts', 'src/new.ts'],
    both: [],
  });
  expect((await planMerge(scene.lab, scene.place)).changes).toEqual([]);
});

test('a changed starter is reported by file: theirs, the learner’s, both', async () => {
  await using scene = await diverged(
    { 'src/app.ts': MINE_AT_TOP, 'package.json': '{"mine":1}\n', 'src/server.ts': 'agreed\n' },
    {
      'src/app.ts': THEIRS_AT_END,
      'README.md': '# Newer\n',
      'src/server.ts': 'agreed\n',
      'hints.md': '## 2\n',
      'tests/1-measure-first.test.ts': 'stricter();\n',
    },
  );
  expect(await copyState(scene.lab, scene.place)).toMatchObject({
    kind: 'starter-changed',
    upstream: ['README.md'],
    learner: ['package.json'],
    both: ['src/app.ts'],
    declined: false,
  });
});

test('a plan writes nothing', async () => {
  await using scene = await diverged(
    { 'src/app.ts': MINE_AT_TOP },
    { 'src/app.ts': THEIRS_AT_END },
  );
  const before = await contents(scene.root);
  await planMerge(scene.lab, scene.place);
  await copyState(scene.lab, scene.place);
  expect(await contents(scene.root)).toEqual(before);
});

test('taken, it combines the changes, saves the work first, and is not offered again', async () => {
  await using scene = await diverged(
    { 'src/app.ts': MINE_AT_TOP, 'src/mine.ts': 'mine\n' },
    {
      'src/app.ts': THEIRS_AT_END,
      'README.md': '# Newer\n',
      'src/added.ts': 'added\n',
      'migrations/001-orders.sql': null,
    },
  );
  const work = await contents(scene.copy);
  expect(await kindsOf(scene)).toEqual({
    'README.md': 'update',
    'migrations/001-orders.sql': 'delete',
    'src/added.ts': 'add',
    'src/app.ts': 'combine',
  });
  const plan = await planMerge(scene.lab, scene.place);
  expect(conflictsOf(plan)).toEqual([]);

  const { attempt, written, left } = await applyMerge(scene.lab, scene.place, plan, {
    conflicts: 'leave',
  });

  expect(await contents(attempt)).toEqual(work);
  expect(written).toEqual(plan.changes.map(({ path }) => path));
  expect(left).toEqual([]);
  expect(Object.keys(await contents(scene.copy))).toEqual([
    'README.md',
    'package.json',
    'src/added.ts',
    'src/app.ts',
    'src/mine.ts',
    'src/server.ts',
  ]);
  expect(await read(scene, 'src/app.ts')).toBe('mine\ntwo\nthree\nfour\nfive\nsix\ntheirs\n');
  expect(await copyState(scene.lab, scene.place)).toMatchObject({
    kind: 'current',
    learner: ['src/app.ts', 'src/mine.ts'],
  });
});

test('declined, it leaves all as it is, and that version is not offered again', async () => {
  await using scene = await diverged(
    { 'src/app.ts': MINE_AT_TOP },
    { 'src/app.ts': THEIRS_AT_END },
  );
  const work = await contents(scene.copy);
  await declineMerge(scene.lab, scene.place, await planMerge(scene.lab, scene.place));

  expect(await contents(scene.copy)).toEqual(work);
  expect(await copyState(scene.lab, scene.place)).toMatchObject({
    kind: 'starter-changed',
    declined: true,
  });
  expect(await planMerge(scene.lab, scene.place)).toMatchObject({ declined: true });

  await scene.edit({ 'src/app.ts': `${MINE_AT_TOP}more\n` });
  expect(await copyState(scene.lab, scene.place)).toMatchObject({ declined: true });
  await scene.update({ 'README.md': '# Newer still\n' });
  expect(await copyState(scene.lab, scene.place)).toMatchObject({
    declined: false,
    upstream: ['README.md'],
    both: ['src/app.ts'],
  });
});

test('declined, it can be taken later all the same', async () => {
  await using scene = await diverged(
    { 'src/app.ts': MINE_AT_TOP },
    { 'src/app.ts': THEIRS_AT_END },
  );
  const plan = await planMerge(scene.lab, scene.place);
  await declineMerge(scene.lab, scene.place, plan);
  await applyMerge(scene.lab, scene.place, plan, { conflicts: 'write' });
  expect(await read(scene, 'src/app.ts')).toContain('theirs');
  expect(await copyState(scene.lab, scene.place)).toMatchObject({
    kind: 'current',
    declined: false,
  });
});

test('a save between the plan and the yes stops the merge', async () => {
  await using scene = await diverged({}, { 'src/app.ts': THEIRS_AT_END });
  const plan = await planMerge(scene.lab, scene.place);
  await scene.edit({ 'src/app.ts': 'saved meanwhile\n' });
  const merge = applyMerge(scene.lab, scene.place, plan, { conflicts: 'write' });
  await expect(merge).rejects.toMatchObject({ code: 'WORK_CHANGED' });
  expect(await read(scene, 'src/app.ts')).toBe('saved meanwhile\n');
});

test('without a copy there is nothing to merge or decline', async () => {
  await using scene = await Scene.open();
  const absent = { code: 'COPY_ABSENT' };
  await expect(planMerge(scene.lab, scene.place)).rejects.toMatchObject(absent);
  const plan = { version: '', sides: '', changes: [], declined: false };
  await expect(declineMerge(scene.lab, scene.place, plan)).rejects.toMatchObject(absent);
});

test('a base that was lost costs the learner a conflict, never a line', async () => {
  await using scene = await diverged(
    { 'src/app.ts': MINE_AT_TOP },
    { 'src/app.ts': THEIRS_AT_END },
  );
  await rm(join(scene.place.stateDir, 'base', LAB, 'files'), { recursive: true });
  expect(await kindsOf(scene)).toEqual({ 'src/app.ts': 'lines' });
});

describe('a conflict', () => {
  const MINE = 'one\ntwo\nMINE\nfour\nfive\nsix\nseven\n';
  const THEIRS = 'one\ntwo\nTHEIRS\nfour\nfive\nsix\nseven\n';

  test('is written with all three versions between markers when accepted', async () => {
    await using scene = await diverged({ 'src/app.ts': MINE }, { 'src/app.ts': THEIRS });
    const plan = await planMerge(scene.lab, scene.place);
    expect(conflictsOf(plan)).toMatchObject([{ path: 'src/app.ts', why: 'lines' }]);

    const { attempt } = await applyMerge(scene.lab, scene.place, plan, { conflicts: 'write' });

    expect(await read(scene, 'src/app.ts')).toBe(
      [
        'one',
        'two',
        '<<<<<<< yours',
        'MINE',
        '||||||| the starter as it was',
        'three',
        '=======',
        'THEIRS',
        '>>>>>>> the starter as it is now',
        'four',
        'five',
        'six',
        'seven',
        '',
      ].join('\n'),
    );
    expect(await readFile(join(attempt, 'src/app.ts'), 'utf8')).toBe(MINE);
    expect(await copyState(scene.lab, scene.place)).toMatchObject({ kind: 'current' });
  });

  test('is left alone otherwise, while the rest is taken; not offered again', async () => {
    await using scene = await diverged(
      { 'src/app.ts': MINE },
      { 'src/app.ts': THEIRS, 'README.md': '# Newer\n' },
    );
    const plan = await planMerge(scene.lab, scene.place);
    const { written, left } = await applyMerge(scene.lab, scene.place, plan, {
      conflicts: 'leave',
    });
    expect({ written, left }).toEqual({ written: ['README.md'], left: ['src/app.ts'] });
    expect(await read(scene, 'src/app.ts')).toBe(MINE);
    expect(await read(scene, 'README.md')).toBe('# Newer\n');
    expect(await copyState(scene.lab, scene.place)).toMatchObject({
      both: ['src/app.ts'],
      declined: true,
    });
  });

  test('of files that are not text keeps the learner’s and puts the other beside it', async () => {
    const bytes = (last: number) => Buffer.from([0, 1, 2, last]);
    await using scene = await diverged(
      { 'src/logo.png': bytes(10) },
      { 'src/logo.png': bytes(20) },
      { 'src/logo.png': bytes(0) },
    );
    expect(await kindsOf(scene)).toEqual({ 'src/logo.png': 'not text' });
    const plan = await planMerge(scene.lab, scene.place);
    await applyMerge(scene.lab, scene.place, plan, { conflicts: 'write' });
    expect(await readFile(join(scene.copy, 'src/logo.png'))).toEqual(bytes(10));
    expect(await readFile(join(scene.copy, 'src/logo.png.starter'))).toEqual(bytes(20));
  });

  test('of a deletion and a change keeps the side that has text', async () => {
    await using scene = await diverged(
      { 'src/server.ts': null, 'README.md': '# My notes\n' },
      { 'src/server.ts': 'newer();\n', 'README.md': null },
    );
    expect(await kindsOf(scene)).toEqual({
      'README.md': 'the starter deleted it',
      'src/server.ts': 'you deleted it',
    });
    const plan = await planMerge(scene.lab, scene.place);
    const { written } = await applyMerge(scene.lab, scene.place, plan, { conflicts: 'write' });
    expect(written).toEqual(['src/server.ts']);
    expect(await read(scene, 'src/server.ts')).toBe('newer();\n');
    expect(await read(scene, 'README.md')).toBe('# My notes\n');
    expect(await copyState(scene.lab, scene.place)).toMatchObject({ kind: 'current' });
  });

  test('of two new files of one name shows both', async () => {
    await using scene = await diverged({ 'src/new.ts': 'mine\n' }, { 'src/new.ts': 'theirs\n' });
    expect(await kindsOf(scene)).toEqual({ 'src/new.ts': 'lines' });
  });

  test.for<[string, Files, string]>([
    ['a file where the starter has a folder', { orders: 'mine\n' }, 'orders/list.ts'],
    ['a folder where the starter has a file', { 'orders/mine.ts': 'mine\n' }, 'orders'],
    ['a link where the starter has a folder', { orders: { link: '../src' } }, 'orders/list.ts'],
  ])('of %s leaves the learner’s', async ([, mine, theirs]) => {
    await using scene = await diverged(mine, { [theirs]: 'theirs\n' });
    const work = await contents(scene.copy);
    expect(await kindsOf(scene)).toEqual({ [theirs]: 'in the way' });
    const plan = await planMerge(scene.lab, scene.place);
    await applyMerge(scene.lab, scene.place, plan, { conflicts: 'write' });
    expect(await contents(scene.copy)).toEqual(work);
  });
});

describe('details that a merge keeps', () => {
  test('CRLF of an editor does not make every line a conflict', async () => {
    const crlf = MINE_AT_TOP.replaceAll('\n', '\r\n');
    await using scene = await diverged({ 'src/app.ts': crlf }, { 'src/app.ts': THEIRS_AT_END });
    expect(await kindsOf(scene)).toEqual({ 'src/app.ts': 'combine' });
    const plan = await planMerge(scene.lab, scene.place);
    await applyMerge(scene.lab, scene.place, plan, { conflicts: 'leave' });
    expect(await read(scene, 'src/app.ts')).toBe(
      'mine\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix\r\ntheirs\r\n',
    );
  });

  test('a last line without an end, and a byte order mark', async () => {
    await using scene = await diverged(
      { 'src/a.ts': '\uFEFFmine\nb\nc\nd' },
      { 'src/a.ts': '\uFEFFa\nb\nc\ntheirs' },
      { 'src/a.ts': '\uFEFFa\nb\nc\nd' },
    );
    const plan = await planMerge(scene.lab, scene.place);
    await applyMerge(scene.lab, scene.place, plan, { conflicts: 'leave' });
    expect(await read(scene, 'src/a.ts')).toBe('\uFEFFmine\nb\nc\ntheirs');
  });

  test('the mode of a program', async () => {
    await using scene = await diverged(
      { 'src/app.ts': MINE_AT_TOP },
      { 'src/app.ts': THEIRS_AT_END },
    );
    await chmod(join(scene.copy, 'src/app.ts'), 0o755);
    const plan = await planMerge(scene.lab, scene.place);
    await applyMerge(scene.lab, scene.place, plan, { conflicts: 'leave' });
    expect((await stat(join(scene.copy, 'src/app.ts'))).mode & 0o777).toBe(0o755);
  });

  test('a text too long to compare is not merged by lines', async () => {
    const long = (first: string) => `${first}\n${'x\n'.repeat(600_000)}`;
    await using scene = await diverged(
      { 'src/long.txt': long('mine') },
      { 'src/long.txt': long('theirs') },
      { 'src/long.txt': long('base') },
    );
    expect(await kindsOf(scene)).toEqual({ 'src/long.txt': 'not text' });
    await writeFile(join(scene.copy, 'src/long.txt'), long('base'));
    expect(await kindsOf(scene)).toEqual({ 'src/long.txt': 'update' });
  });
});

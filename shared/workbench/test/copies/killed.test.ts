import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  applyMerge,
  copyState,
  createCopy,
  listAttempts,
  planMerge,
  resetCopy,
  restoreAttempt,
} from '../../src/copies/index.ts';
import { actInChild, ageLocks, atEachStep } from './support/in-child.ts';
import { contents, LAB, Scene, STARTER } from './support/scene.ts';

/** Less than other tests have: each file adds steps to be killed at. */
const LESS = { 'README.md': null, 'package.json': null };
const starterPaths = Object.keys(STARTER)
  .filter((path) => !(path in LESS))
  .toSorted();

/** A copy with a changed, a deleted, an added and a binary file. */
async function edited(): Promise<Scene> {
  const scene = await Scene.open(LESS);
  await createCopy(scene.lab, scene.place);
  await scene.edit({
    'src/app.ts': 'one\nmine\nthree\nfour\nfive\nsix\nseven\n',
    'src/server.ts': null,
    'src/deep/photo.png': Buffer.from([0, 255, 13, 10]),
  });
  return scene;
}

/** Whether some saved attempt holds exactly this. */
async function isSaved({ lab, place }: Scene, work: string): Promise<boolean> {
  for (const { path } of await listAttempts(lab, place)) {
    if ((await stateOf(path)) === work) return true;
  }
  return false;
}

async function stateOf(dir: string): Promise<string> {
  return JSON.stringify(await contents(dir));
}

async function interruptedAt({ lab, place }: Scene): Promise<string | undefined> {
  const state = await copyState(lab, place);
  return state.kind === 'absent' ? undefined : state.interrupted?.attempt;
}

test('a start killed at any step leaves no copy or a whole one; the next makes it whole', async () => {
  await using scene = await Scene.open(LESS);
  const { lab, place } = scene;
  const seen = { absent: 0, current: 0, 'starter-changed': 0 };
  await atEachStep(scene, { do: 'create', lab, place }, async () => {
    const state = await copyState(lab, place);
    seen[state.kind] += 1;
    const whole = state.kind === 'absent' ? [] : starterPaths;
    expect(Object.keys(await contents(scene.copy))).toEqual(whole);

    await createCopy(lab, place);
    expect(Object.keys(await contents(scene.copy))).toEqual(starterPaths);
    expect(await copyState(lab, place)).toMatchObject({ kind: 'current', learner: [] });
    expect(await readdir(place.workRoot)).toEqual([LAB]);
  });
  expect(seen.absent).toBeGreaterThan(10);
  expect(seen['starter-changed']).toBe(0);
});

test('a reset killed at any step loses nothing, says so, and ends when done again', async () => {
  await using scene = await edited();
  const { lab, place } = scene;
  const work = await stateOf(scene.copy);
  const seen = { untouched: 0, between: 0 };
  await atEachStep(scene, { do: 'reset', lab, place }, async () => {
    const isUntouched = (await stateOf(scene.copy)) === work;
    seen[isUntouched ? 'untouched' : 'between'] += 1;
    for (const { path } of await listAttempts(lab, place)) expect(await stateOf(path)).toBe(work);
    const attempt = await interruptedAt(scene);
    expect(isUntouched || (await stateOf(attempt ?? ''))).toBe(isUntouched || work);

    await resetCopy(lab, place);
    expect(Object.keys(await contents(scene.copy))).toEqual(starterPaths);
    expect(await isSaved(scene, work)).toBe(true);
    expect(await interruptedAt(scene)).toBeUndefined();
  });
  expect(seen.untouched).toBeGreaterThan(10);
  expect(seen.between).toBeGreaterThan(5);
});

test('a restore killed at any step loses neither the attempt nor the work', async () => {
  await using scene = await edited();
  const { lab, place } = scene;
  const first = await stateOf(scene.copy);
  const { attempt = '' } = await resetCopy(lab, place);
  await scene.edit({ 'src/app.ts': 'second try\n' });
  const second = await stateOf(scene.copy);
  const seen = { untouched: 0, between: 0 };
  await atEachStep(scene, { do: 'restore', lab, place, attempt }, async () => {
    expect(await stateOf(attempt)).toBe(first);
    const isUntouched = (await stateOf(scene.copy)) === second;
    seen[isUntouched ? 'untouched' : 'between'] += 1;
    expect(isUntouched || (await isSaved(scene, second))).toBe(true);

    await restoreAttempt(lab, place, attempt);
    expect(await stateOf(scene.copy)).toBe(first);
    expect(await interruptedAt(scene)).toBeUndefined();
  });
  expect(seen.untouched).toBeGreaterThan(10);
  expect(seen.between).toBeGreaterThan(5);
});

test('a merge killed at any step loses nothing, and goes on from there', async () => {
  await using scene = await edited();
  const { lab, place } = scene;
  const work = await stateOf(scene.copy);
  await scene.update({
    'src/app.ts': 'one\ntwo\nthree\nfour\nfive\nsix\ntheirs\n',
    'src/added.ts': 'added\n',
    'migrations/001-orders.sql': null,
  });
  const seen = { untouched: 0, between: 0 };
  await atEachStep(scene, { do: 'merge', lab, place }, async () => {
    const isUntouched = (await stateOf(scene.copy)) === work;
    seen[isUntouched ? 'untouched' : 'between'] += 1;
    expect(isUntouched || (await isSaved(scene, work))).toBe(true);

    await applyMerge(lab, place, await planMerge(lab, place), { conflicts: 'write' });
    expect(Object.keys(await contents(scene.copy))).toEqual([
      'src/added.ts',
      'src/app.ts',
      'src/deep/photo.png',
    ]);
    expect(await readFile(join(scene.copy, 'src/app.ts'), 'utf8')).toBe(
      'one\nmine\nthree\nfour\nfive\nsix\ntheirs\n',
    );
    expect(await copyState(lab, place)).toMatchObject({ kind: 'current', upstream: [], both: [] });
  });
  expect(seen.untouched).toBeGreaterThan(10);
  expect(seen.between).toBeGreaterThan(5);
});

test('kill -9 leaves a lock that the next command takes over', async () => {
  await using scene = await edited();
  const { lab, place } = scene;
  const work = await stateOf(scene.copy);
  const killed = actInChild({ do: 'reset', lab, place }, { KILL_AT: '40' });
  await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' });
  const locks = join(place.stateDir, 'locks');
  expect(await readdir(locks)).toEqual([`work-${lab.id}.lock`]);
  expect(await isSaved(scene, work)).toBe(true);

  await ageLocks(scene);
  await resetCopy(lab, place);
  expect(Object.keys(await contents(scene.copy))).toEqual(starterPaths);
  expect(await readdir(locks)).toEqual([]);
});

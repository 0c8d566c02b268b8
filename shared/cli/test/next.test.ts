import { join } from 'node:path';
import { findLab, type Lab, readCatalog } from '@backend-labs/catalog';
import type { Progress } from '@backend-labs/workbench';
import { expect, test } from 'vitest';
import { finishedBefore, nextLab, openCoreTask } from '../src/next.ts';

const catalog = readCatalog(join(import.meta.dirname, '../../..'));
const [first, second, third] = ['0', '1', '2'].map((name) => findLab(catalog, name)) as [
  Lab,
  Lab,
  Lab,
];

/** Every core task of these labs passes, one lab a day. */
function finished(...labs: Lab[]): Progress {
  const entries = labs.map((lab, day) => {
    const lastRunAt = `2026-03-0${day + 1}T10:00:00.000Z`;
    const task = { attempts: 1, passing: true, lastRunAt, hints: [] };
    const tasks = lab.tasks.filter(({ stretch }) => !stretch).map(({ slug }) => [slug, task]);
    return [lab.id, { tasks: Object.fromEntries(tasks) }];
  });
  return { schema: 1, labs: Object.fromEntries(entries) };
}

test('a lab with only stretch tasks open is finished', () => {
  expect(openCoreTask(second, finished(second))).toBeUndefined();
  expect(openCoreTask(second, finished(first))).toBe(second.tasks[0]);
});

test('the next lab is the first one with an open task', () => {
  expect(nextLab(catalog, finished(first), first)).toBe(second);
  expect(nextLab(catalog, finished(first, second), second)).toBe(third);
  expect(nextLab(catalog, finished(...catalog.labs), first)).toBeUndefined();
});

test('a lab that was never run comes after the one that was finished last', () => {
  expect(finishedBefore(catalog, finished(second, first), third)).toBe(first);
  expect(finishedBefore(catalog, finished(first, second), second)).toBeUndefined();
  expect(finishedBefore(catalog, finished(), first)).toBeUndefined();
});

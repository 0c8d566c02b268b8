import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { findLab, type Lab, readCatalog } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { copyDigest, openTask, readProgress, record } from '../src/index.ts';

const ROOT = join(import.meta.dirname, '../../..');

function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'labs-digests-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A lab whose files may be changed. */
function ownLab(): Lab {
  const lab = findLab(readCatalog(ROOT), '2');
  const dir = temporary();
  cpSync(lab.dir, dir, { recursive: true, filter: (path) => !path.includes('node_modules') });
  const tasks = lab.tasks.map((task) => ({
    ...task,
    file: join(dir, relative(lab.dir, task.file)),
  }));
  return { ...lab, dir, tasks };
}

function passed(lab: Lab): TaskVerdict[] {
  return lab.tasks.map(({ number: task, slug, title, stretch, points }) => {
    const status = 'passed' as const;
    const judged = points.map(({ id, text }) => ({ id, text, status }));
    return { task, slug, title, stretch, status, points: judged, tests: [], duration: 1 };
  });
}

test('a pass counts while the tests are those that it passed', async () => {
  const lab = ownLab();
  const stateDir = temporary();
  await record(stateDir, lab, passed(lab));
  const { progress } = await readProgress(stateDir);
  expect(openTask(lab, progress)).toBeUndefined();
  appendFileSync(lab.tasks[1]?.file ?? '', '\n// One case more.\n');
  expect(openTask(lab, progress)?.number).toBe(2);
  appendFileSync(join(lab.dir, 'data/1-schema.sql'), '\n');
  expect(openTask(lab, progress)?.number).toBe(1);
});

test('two copies of a lab have progress of their own', async () => {
  const lab = ownLab();
  const stateDir = temporary();
  await record(stateDir, lab, passed(lab), `${lab.id}@other`);
  const { progress } = await readProgress(stateDir);
  expect(openTask(lab, progress)?.number).toBe(1);
  expect(openTask(lab, progress, `${lab.id}@other`)).toBeUndefined();
});

test('a file that a service writes into its folder does not change the digest', async () => {
  const lab = ownLab();
  const copy = temporary();
  cpSync(join(lab.dir, 'src'), join(copy, 'src'), { recursive: true });
  const before = await copyDigest(lab, copy);
  writeFileSync(join(copy, 'visits.txt'), 'x');
  expect(await copyDigest(lab, copy)).toBe(before);
  writeFileSync(join(copy, 'src/new.ts'), 'x');
  expect(await copyDigest(lab, copy)).not.toBe(before);
});

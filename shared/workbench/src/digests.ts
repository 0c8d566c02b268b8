import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob, relative } from 'node:path';
import type { Lab, Task } from '@backend-labs/catalog';
import { editableFiles, learnerFiles } from './copies/editable.ts';
import { fingerprint } from './copies/files.ts';
import { SOURCES } from './saves.ts';

/** What a task's verdict depends on besides the copy: its tests, their support, the data, its points. */
export function testsDigest(lab: Pick<Lab, 'dir'>, task: Pick<Task, 'file' | 'points'>): string {
  const shared = globSync(['tests/support/**/*', 'data/**/*'], {
    cwd: lab.dir,
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256').update(JSON.stringify(task.points));
  for (const path of [task.file, ...shared.toSorted()]) {
    const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
    hash.update(`\0${relative(lab.dir, path)}\0${text}`);
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * What of a copy is judged: the files that the starter has, and sources that the learner added. What
 * the service itself writes is not among it.
 */
export async function copyDigest(lab: Pick<Lab, 'id' | 'dir'>, copy: string): Promise<string> {
  const starter = await editableFiles(lab);
  const mine = await learnerFiles(copy);
  const judged = [...mine].filter(
    ([path]) => starter.has(path) || SOURCES.some((pattern) => matchesGlob(path, pattern)),
  );
  return fingerprint(new Map(judged));
}

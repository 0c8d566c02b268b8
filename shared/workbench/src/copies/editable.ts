import { editableEntries } from '@backend-labs/catalog';
import { isTemporary } from './atomic.ts';
import { readTree, type Tree } from './files.ts';
import type { LabFolder } from './place.ts';

/** Files and folders that give a lab's answer away, at any depth, in lower case. */
const SPOILERS = new Set([
  'debrief.md',
  'hints.md',
  'misconception.yaml',
  'misconceptions',
  'solution.md',
  'solutions',
]);

/** Files and folders that are not the learner's work, at any depth, in lower case. */
const NOT_WORK = new Set(['.ds_store', '.git', 'node_modules', 'thumbs.db']);

/**
 * The files of a lab that a learner gets: those that the catalogue lets them edit, without spoilers.
 * A spoiler is found at any depth and in any case (on some disks `Hints.md` is `hints.md`).
 */
export function editableFiles(lab: LabFolder): Promise<Tree> {
  const editable = new Set(editableEntries(lab));
  return readTree(
    lab.dir,
    (path) => !editable.has(topOf(path)) || hasPart(path, SPOILERS) || isNotWork(path),
  );
}

/** All files of a learner's copy, including those that they added, under any name. */
export function learnerFiles(dir: string): Promise<Tree> {
  return readTree(dir, isNotWork);
}

/** Whether a path of a copy, relative with `/`, is left alone: neither saved nor replaced. */
function isNotWork(path: string): boolean {
  return hasPart(path, NOT_WORK) || isTemporary(path);
}

function topOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function hasPart(path: string, names: ReadonlySet<string>): boolean {
  return path
    .toLowerCase()
    .split('/')
    .some((part) => names.has(part));
}

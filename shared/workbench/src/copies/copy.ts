import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyAtomic } from './atomic.ts';
import { keepContents, readRecord, writeRecord } from './base.ts';
import { editableFiles, learnerFiles } from './editable.ts';
import { fileTrouble, systemCode, writing } from './file-trouble.ts';
import type { Tree } from './files.ts';
import { withLock } from './lock.ts';
import { linkPackages } from './packages-link.ts';
import { copyDir, type LabFolder, type WorkPlace } from './place.ts';
import { replaceTree, sweepTemporaries } from './replace-tree.ts';

export interface CreatedCopy {
  readonly dir: string;
  /**
   * `made`: there was no copy. `kept`: there was one. `adopted`: there was one without a record
   * (`.labs` was deleted, or the copy was cloned), so we assume that it was made from today's starter.
   */
  readonly outcome: 'made' | 'kept' | 'adopted';
}

/**
 * Makes the learner's copy of a lab if there is none. A copy that is not complete never has its final
 * name. The files of an existing copy are not changed; its link to the packages is repaired.
 *
 * @throws WorkReadOnlyError, DiskFullError, WorkBlockedError, StateBusyError
 */
export function createCopy(lab: LabFolder, place: WorkPlace): Promise<CreatedCopy> {
  return withCopyLock(lab, place, () => ensureCopy(lab, place));
}

/** Like `createCopy`, for callers that hold the lock of the copy. */
export async function ensureCopy(lab: LabFolder, place: WorkPlace): Promise<CreatedCopy> {
  const dir = copyDir(lab, place);
  const starter = await editableFiles(lab);
  await writing(place.workRoot, () => mkdir(place.workRoot, { recursive: true }));
  await writing(dir, () => rm(halfMadeDir(lab, place), { recursive: true, force: true }));
  if (await isAbsent(dir)) {
    await makeCopy(lab, place, starter);
    return { dir, outcome: 'made' };
  }
  const isEmptied = (await learnerFiles(dir)).size === 0;
  if (isEmptied) {
    await replaceCopy(lab, place, { files: starter, from: lab.dir, base: starter });
    return { dir, outcome: 'made' };
  }
  await sweepTemporaries(dir);
  await linkPackages(lab, place, dir);
  if ((await readRecord(lab, place)) !== undefined) return { dir, outcome: 'kept' };
  await keepContents(lab, place, starter);
  await writeRecord(lab, place, { files: starter });
  return { dir, outcome: 'adopted' };
}

export interface Replacement {
  /** The files that the copy will have, and the folder that has them now. */
  readonly files: Tree;
  readonly from: string;
  /** The starter's files that `files` were made from. */
  readonly base: Tree;
  /** Where the copy's current files are saved. */
  readonly attempt?: string;
}

/**
 * Replaces all files of a copy. The copy's record says that this is in progress. If it is interrupted,
 * `copyState` reports it, and a second call completes it. The caller holds the lock of the copy.
 */
export async function replaceCopy(lab: LabFolder, place: WorkPlace, replacement: Replacement) {
  const { files, from, base, attempt } = replacement;
  const dir = copyDir(lab, place);
  const before = await readRecord(lab, place);
  await writeRecord(lab, place, { files: before?.files ?? base, replacing: { attempt } });
  await replaceTree(dir, files, from);
  await linkPackages(lab, place, dir);
  await keepContents(lab, place, await editableFiles(lab));
  await writeRecord(lab, place, { files: base });
}

/** Runs `action` while no other command writes this lab's copy or attempts. */
export function withCopyLock<T>(
  lab: LabFolder,
  place: WorkPlace,
  action: () => Promise<T>,
): Promise<T> {
  const { stateDir } = place;
  const request = { stateDir, name: `work-${lab.id}`, what: `your copy of ${lab.id}` };
  return withLock(request, action);
}

async function makeCopy(lab: LabFolder, place: WorkPlace, starter: Tree) {
  const dir = copyDir(lab, place);
  const halfMade = halfMadeDir(lab, place);
  try {
    await writing(halfMade, () => mkdir(halfMade));
    for (const path of starter.keys()) {
      await copyAtomic(join(lab.dir, path), join(halfMade, path));
    }
    await linkPackages(lab, place, halfMade);
    await keepContents(lab, place, starter);
    await writeRecord(lab, place, { files: starter });
    await writing(dir, () => rename(halfMade, dir));
  } catch (error) {
    await rm(halfMade, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

/** Also true of an empty folder, which is removed to make room for the rename. */
async function isAbsent(dir: string): Promise<boolean> {
  try {
    if ((await readdir(dir)).length > 0) return false;
    await rmdir(dir);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true;
    throw fileTrouble(error, dir);
  }
}

/** In the folder of the copies: a rename works only within one disk. */
function halfMadeDir(lab: LabFolder, place: WorkPlace): string {
  return join(place.workRoot, `.${lab.id}.half-made`);
}

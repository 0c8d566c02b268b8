import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { copyAtomic, writeAtomic } from './atomic.ts';
import { storeAttempt } from './attempts.ts';
import { keepContents, readRecord, writeRecord, type CopyRecord } from './base.ts';
import { withCopyLock } from './copy.ts';
import { editableFiles, learnerFiles } from './editable.ts';
import { CopyAbsentError, WorkChangedError } from './errors.ts';
import { fingerprint, pathsOf, same, type Tree } from './files.ts';
import { planMerge, type MergeChange, type MergePlan } from './merge-plan.ts';
import { copyDir, type LabFolder, type WorkPlace } from './place.ts';
import { removeFile } from './replace-tree.ts';

/** The learner's choice for the files in conflict: write them, or leave them as they are. */
export type ConflictChoice = 'write' | 'leave';

export interface AppliedMerge {
  /** Where the learner's old files are saved. */
  readonly attempt: string;
  /** Paths that were written or deleted. */
  readonly written: readonly string[];
  /** Paths in conflict that were left as they are. This version is not offered again for them. */
  readonly left: readonly string[];
}

/**
 * Saves the learner's files as an attempt, then applies a plan. Updates the record of the copy after
 * each file, so that an interrupted merge continues from there.
 *
 * @param plan From `planMerge`, as shown to the learner.
 * @throws WorkChangedError if a file changed since the plan was made. Then nothing is written.
 */
export function applyMerge(
  lab: LabFolder,
  place: WorkPlace,
  plan: MergePlan,
  options: { readonly conflicts: ConflictChoice; readonly now?: Date },
): Promise<AppliedMerge> {
  return withCopyLock(lab, place, async () => {
    const current = await planMerge(lab, place);
    if (current.sides !== plan.sides) throw new WorkChangedError(lab.id);
    const attempt = await storeAttempt(lab, place, options.now);
    const theirs = await editableFiles(lab);
    await keepContents(lab, place, theirs);
    let record = await settleAgreed(lab, place, theirs);
    const written: string[] = [];
    const left: string[] = [];
    for (const change of current.changes) {
      if (change.kind === 'conflict' && options.conflicts === 'leave') {
        left.push(change.path);
        continue;
      }
      if (await writeChange(lab, place, change)) written.push(change.path);
      record = { ...record, files: withEntry(record.files, theirs, change.path) };
      await writeRecord(lab, place, record);
    }
    const declined = left.length > 0 ? plan.version : undefined;
    await writeRecord(lab, place, { ...record, declined });
    return { attempt, written, left };
  });
}

/** Changes no file, and records that this version of the starter is not offered again. */
export function declineMerge(lab: LabFolder, place: WorkPlace, plan: MergePlan): Promise<void> {
  return withCopyLock(lab, place, async () => {
    const files = await learnerFiles(copyDir(lab, place));
    if (files.size === 0) throw new CopyAbsentError(lab.id);
    const record = (await readRecord(lab, place)) ?? { files: await editableFiles(lab) };
    await writeRecord(lab, place, { ...record, declined: plan.version });
  });
}

/** A file that is the same on both sides needs no merge, whatever its base is. */
async function settleAgreed(lab: LabFolder, place: WorkPlace, theirs: Tree): Promise<CopyRecord> {
  const mine = await learnerFiles(copyDir(lab, place));
  const record = (await readRecord(lab, place)) ?? { files: theirs };
  let files = record.files;
  for (const path of pathsOf(mine, files, theirs)) {
    if (same(mine.get(path), theirs.get(path))) files = withEntry(files, theirs, path);
  }
  if (fingerprint(files) !== fingerprint(record.files)) {
    await writeRecord(lab, place, { ...record, files });
  }
  return { ...record, files };
}

/** @returns Whether the copy was changed. */
async function writeChange(
  lab: LabFolder,
  place: WorkPlace,
  change: MergeChange,
): Promise<boolean> {
  const target = join(copyDir(lab, place), change.path);
  const source = join(lab.dir, change.path);
  if (change.text !== undefined) {
    const { mode } = await lstat(target);
    await writeAtomic(target, change.text, mode & 0o777);
    return true;
  }
  if (change.kind === 'delete') {
    await removeFile(copyDir(lab, place), change.path);
    return true;
  }
  if (change.kind !== 'conflict' || change.why === 'you deleted it') {
    await copyAtomic(source, target);
    return true;
  }
  if (change.why === 'not text') {
    await copyAtomic(source, `${target}.starter`);
    return true;
  }
  return false;
}

/** `files` with the entry that `from` has at `path`, or without one; sorted by path. */
function withEntry(files: Tree, from: Tree, path: string): Tree {
  const entries = new Map(files);
  const entry = from.get(path);
  if (entry === undefined) entries.delete(path);
  else entries.set(path, entry);
  return new Map([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

import { attemptBase, findAttempt, storeAttempt } from './attempts.ts';
import { ensureCopy, replaceCopy, withCopyLock } from './copy.ts';
import { editableFiles, learnerFiles } from './editable.ts';
import { copyDir, type LabFolder, type WorkPlace } from './place.ts';

export interface ReplacedCopy {
  readonly dir: string;
  /** Where the copy's old files are saved; absent if there was no copy. */
  readonly attempt?: string;
}

/**
 * Saves the learner's files as an attempt, byte for byte.
 *
 * @returns The attempt's folder.
 * @throws see `storeAttempt`, and StateBusyError
 */
export function saveAttempt(lab: LabFolder, place: WorkPlace, now = new Date()): Promise<string> {
  return withCopyLock(lab, place, () => storeAttempt(lab, place, now));
}

/**
 * Saves the learner's files as an attempt, then makes the copy the starter again. `node_modules`
 * and `.git` stay. If it is killed or the disk is full, every file is in the copy or in the attempt.
 */
export function resetCopy(
  lab: LabFolder,
  place: WorkPlace,
  now = new Date(),
): Promise<ReplacedCopy> {
  return withCopyLock(lab, place, async () => {
    const saved = await saveIfPresent(lab, place, now);
    if (saved.attempt === undefined) {
      await ensureCopy(lab, place);
      return saved;
    }
    const starter = await editableFiles(lab);
    await replaceCopy(lab, place, { files: starter, from: lab.dir, base: starter, ...saved });
    return saved;
  });
}

/**
 * Saves the copy's current files, then restores a saved attempt, byte for byte.
 *
 * @param named The attempt's path, or the name of its folder.
 * @throws AttemptUnknownError, and the errors of saving and writing
 */
export function restoreAttempt(
  lab: LabFolder,
  place: WorkPlace,
  named: string,
  now = new Date(),
): Promise<ReplacedCopy> {
  return withCopyLock(lab, place, async () => {
    const from = await findAttempt(lab, place, named);
    const saved = await saveIfPresent(lab, place, now);
    const files = await learnerFiles(from);
    const base = (await attemptBase(from)) ?? (await editableFiles(lab));
    await replaceCopy(lab, place, { files, from, base, ...saved });
    return saved;
  });
}

async function saveIfPresent(lab: LabFolder, place: WorkPlace, now: Date): Promise<ReplacedCopy> {
  const dir = copyDir(lab, place);
  const isPresent = (await learnerFiles(dir)).size > 0;
  return isPresent ? { dir, attempt: await storeAttempt(lab, place, now) } : { dir };
}

import { readRecord } from './base.ts';
import { editableFiles, learnerFiles } from './editable.ts';
import { fingerprint, pathsOf, same } from './files.ts';
import { copyDir, type LabFolder, type WorkPlace } from './place.ts';

/** A copy compared with what it was made from and with the starter as it is today. Paths with `/`. */
export type CopyState = AbsentCopy | PresentCopy;

export interface AbsentCopy {
  readonly kind: 'absent';
}

export interface PresentCopy {
  readonly kind: 'current' | 'starter-changed';
  /** Names the starter as it is today. */
  readonly version: string;
  /** Changed in the starter since the copy was made, not by the learner. */
  readonly upstream: readonly string[];
  /** Changed, added or deleted by the learner alone. */
  readonly learner: readonly string[];
  /** Changed in both, and not to the same. */
  readonly both: readonly string[];
  /** The learner declined the merge of this version. */
  readonly declined: boolean;
  /**
   * A reset or restore was cut off, and the copy is half one thing and half another: where what it
   * held before is saved, if it held anything. Doing the reset or restore again ends it.
   */
  readonly interrupted?: { readonly attempt?: string | undefined };
}

/** Looks, and changes nothing. */
export async function copyState(lab: LabFolder, place: WorkPlace): Promise<CopyState> {
  const mine = await learnerFiles(copyDir(lab, place));
  if (mine.size === 0) return { kind: 'absent' };
  const theirs = await editableFiles(lab);
  const record = await readRecord(lab, place);
  const base = record?.files ?? theirs;
  const upstream: string[] = [];
  const learner: string[] = [];
  const both: string[] = [];
  for (const path of pathsOf(mine, base, theirs)) {
    if (same(mine.get(path), theirs.get(path))) continue;
    if (same(base.get(path), theirs.get(path))) learner.push(path);
    else if (same(base.get(path), mine.get(path))) upstream.push(path);
    else both.push(path);
  }
  const version = fingerprint(theirs);
  return {
    kind: upstream.length + both.length > 0 ? 'starter-changed' : 'current',
    version,
    upstream,
    learner,
    both,
    declined: record?.declined === version,
    ...(record?.replacing && { interrupted: record.replacing }),
  };
}

import { readRecord } from './base.ts';
import { editableFiles, learnerFiles } from './editable.ts';
import { fingerprint, pathsOf, same } from './files.ts';
import { copyDir, type LabFolder, type WorkPlace } from './place.ts';

/** A copy, compared with the starter that it was made from and with today's. Paths with `/`. */
export type CopyState = AbsentCopy | PresentCopy;

export interface AbsentCopy {
  readonly kind: 'absent';
}

export interface PresentCopy {
  readonly kind: 'current' | 'starter-changed';
  /** Hash of today's starter. */
  readonly version: string;
  /** Changed in the starter since the copy was made, and not by the learner. */
  readonly upstream: readonly string[];
  /** Changed, added or deleted by the learner only. */
  readonly learner: readonly string[];
  /** Changed in both, in different ways. */
  readonly both: readonly string[];
  /** The learner declined the merge of this version. */
  readonly declined: boolean;
  /**
   * A reset or restore was interrupted, and the copy has some old and some new files. `attempt` is
   * where its old files are saved, if it had any. The same reset or restore, run again, completes it.
   */
  readonly interrupted?: { readonly attempt?: string | undefined };
}

/** Reads the state of a copy. Changes nothing. */
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

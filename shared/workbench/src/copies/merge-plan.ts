import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseContents, readRecord } from './base.ts';
import { editableFiles, learnerFiles } from './editable.ts';
import { CopyAbsentError } from './errors.ts';
import { fingerprint, pathsOf, same, type FileEntry, type Tree } from './files.ts';
import { mergeText } from './merge-text.ts';
import { copyDir, type LabFolder, type WorkPlace } from './place.ts';

/** What a merge does to one file of the copy. `path` is relative, with `/`. */
export type MergeChange = CleanChange | MergeConflict;

export interface CleanChange {
  /**
   * `add`, `update`, `delete`: the starter's change, to a file that the learner did not change.
   * `combine`: both changed it, in different lines.
   */
  readonly kind: 'add' | 'update' | 'delete' | 'combine';
  readonly path: string;
  /** Only for `combine`: the combined text. */
  readonly text?: string;
}

export interface MergeConflict {
  readonly kind: 'conflict';
  readonly path: string;
  /**
   * The reason, and the effect of accepting it. `lines`: both changed the same lines; all versions are
   * written between markers. `not text`: your file stays, and the new one is written beside it as
   * `<path>.starter`. `you deleted it`: the new file is written. `the starter deleted it`: your file
   * stays. `in the way`: you have a file where the starter has a folder, or the reverse; yours stays.
   */
  readonly why: 'lines' | 'not text' | 'you deleted it' | 'the starter deleted it' | 'in the way';
  /** Only for `lines`: the text with markers. */
  readonly text?: string;
}

export interface MergePlan {
  /** Hash of the current starter. */
  readonly version: string;
  /** Hash of all three sides: a plan is applied only to the files that it was made for. */
  readonly sides: string;
  /** Sorted by path. Empty if there is nothing to merge. */
  readonly changes: readonly MergeChange[];
  /** The learner declined this version before. */
  readonly declined: boolean;
}

/**
 * Lists the changes that a merge of the current starter would make to a copy. Writes nothing.
 *
 * @throws CopyAbsentError
 */
export async function planMerge(lab: LabFolder, place: WorkPlace): Promise<MergePlan> {
  const mine = await learnerFiles(copyDir(lab, place));
  if (mine.size === 0) throw new CopyAbsentError(lab.id);
  const theirs = await editableFiles(lab);
  const record = await readRecord(lab, place);
  const base = record?.files ?? theirs;
  const changes: MergeChange[] = [];
  for (const path of pathsOf(mine, base, theirs)) {
    const [m, b, t] = [mine.get(path), base.get(path), theirs.get(path)];
    if (same(b, t) || same(m, t)) continue;
    if (t !== undefined && m === undefined && isInTheWay(mine, path)) {
      changes.push({ kind: 'conflict', path, why: 'in the way' });
    } else if (same(b, m)) {
      changes.push({ kind: b === undefined ? 'add' : t === undefined ? 'delete' : 'update', path });
    } else if (m === undefined) {
      changes.push({ kind: 'conflict', path, why: 'you deleted it' });
    } else if (t === undefined) {
      changes.push({ kind: 'conflict', path, why: 'the starter deleted it' });
    } else {
      changes.push(await combine(lab, place, path, { m, b, t }));
    }
  }
  const version = fingerprint(theirs);
  const sides = fingerprint(mine, base, theirs);
  return { version, sides, changes, declined: record?.declined === version };
}

/** The conflicts of a plan, which are written only if the learner agrees. */
export function conflictsOf(plan: MergePlan): MergeConflict[] {
  return plan.changes.filter((change) => change.kind === 'conflict');
}

async function combine(
  lab: LabFolder,
  place: WorkPlace,
  path: string,
  sides: { m: FileEntry; b: FileEntry | undefined; t: FileEntry },
): Promise<MergeChange> {
  const notText = { kind: 'conflict', path, why: 'not text' } as const;
  if (sides.m.kind === 'link' || sides.t.kind === 'link') return notText;
  const merged = mergeText({
    mine: await readFile(join(copyDir(lab, place), path)),
    base: await baseContents(lab, place, sides.b),
    theirs: await readFile(join(lab.dir, path)),
  });
  if (merged === undefined) return notText;
  const { text, conflicts } = merged;
  return conflicts > 0
    ? { kind: 'conflict', path, why: 'lines', text }
    : { kind: 'combine', path, text };
}

function isInTheWay(mine: Tree, path: string): boolean {
  const parts = path.split('/');
  const isUnderFile = parts.some(
    (_, depth) => depth > 0 && mine.has(parts.slice(0, depth).join('/')),
  );
  return isUnderFile || [...mine.keys()].some((other) => other.startsWith(`${path}/`));
}

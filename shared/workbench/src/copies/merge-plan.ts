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
   * `add`, `update`, `delete`: the starter's change, in a file the learner left as it was.
   * `combine`: both changed it, in different lines.
   */
  readonly kind: 'add' | 'update' | 'delete' | 'combine';
  readonly path: string;
  /** The combined text, of `combine`. */
  readonly text?: string;
}

export interface MergeConflict {
  readonly kind: 'conflict';
  readonly path: string;
  /**
   * Why, and what accepting it does. `lines`: both changed the same lines; all versions between
   * markers. `not text`: yours stays, the new one goes beside it as `<path>.starter`. `you deleted
   * it`: the new one comes back. `the starter deleted it`: yours stays. `in the way`: a file of
   * yours stands where the starter has a folder, or the reverse; yours stays.
   */
  readonly why: 'lines' | 'not text' | 'you deleted it' | 'the starter deleted it' | 'in the way';
  /** With markers, of `lines`. */
  readonly text?: string;
}

export interface MergePlan {
  /** Names the starter as it is now. */
  readonly version: string;
  /** Names all three sides: a plan is applied only to the files that it was made for. */
  readonly sides: string;
  /** In the order of paths. Empty when there is nothing to merge. */
  readonly changes: readonly MergeChange[];
  /** The learner declined this version before. */
  readonly declined: boolean;
}

/**
 * Works out what bringing a copy up to the starter of today would change. Looks, and writes nothing.
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

/** The conflicts of a plan: what needs the learner's word before it is written. */
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

import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Overlay } from './lab.ts';

/**
 * What stays out of a learner's copy: it spoils, or it judges. All else in a lab's folder is theirs.
 */
const NOT_EDITABLE = new Set([
  'node_modules',
  'tests',
  'data',
  'solutions',
  'misconceptions',
  'lab.yaml',
  'hints.md',
  'DEBRIEF.md',
  'MEASUREMENTS.md',
]);

/** What describes an overlay and is not laid over the starter. */
const NOT_OVERLAID = new Set(['misconception.yaml', 'SOLUTION.md']);

/** Names of the files and folders at the top of a lab that a learner edits. */
export function editableEntries(lab: Pick<Lab, 'dir'>): string[] {
  return readdirSync(lab.dir).filter((name) => !NOT_EDITABLE.has(name));
}

/**
 * Lays the starter, and overlays over it in turn, into `target`, which is emptied first. Its
 * packages are the lab's own, by a link.
 */
export function layOut(lab: Lab, overlays: readonly Overlay[], target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const name of editableEntries(lab)) {
    cpSync(join(lab.dir, name), join(target, name), { recursive: true });
  }
  for (const { dir } of overlays) {
    for (const name of readdirSync(dir)) {
      if (NOT_OVERLAID.has(name)) continue;
      cpSync(join(dir, name), join(target, name), { recursive: true, force: true });
    }
  }
  const packages = join(lab.dir, 'node_modules');
  if (existsSync(packages)) symlinkSync(packages, join(target, 'node_modules'), 'junction');
}

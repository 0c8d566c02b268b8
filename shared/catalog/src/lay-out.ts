import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import type { Layer } from './overlays.ts';
import { applyPatchFile } from './patch.ts';

/**
 * What stays out of a learner's copy: it spoils, or it judges. All else in a lab's folder is theirs.
 */
const NOT_EDITABLE = new Set([
  'node_modules',
  'tests',
  'data',
  'solutions',
  'designs',
  'misconceptions',
  'lab.yaml',
  'mutants.yaml',
  'hints.md',
  'DEBRIEF.md',
  'MEASUREMENTS.md',
  'interview.md',
  'variant.yaml',
  'proof.json',
  'variants',
]);

/** What describes a solution and is not laid over the starter. */
export const SOLUTION_NOTES = 'SOLUTION.md';

/** Names of the files and folders at the top of a lab that a learner edits. */
export function editableEntries(lab: Pick<Lab, 'dir'>): string[] {
  return readdirSync(lab.dir).filter((name) => !NOT_EDITABLE.has(name));
}

/**
 * Lays the starter, and layers over it in turn, into `target`, which is emptied first. Its packages
 * are the lab's own, by a link.
 *
 * @throws CatalogError PATCH_REFUSED when a patch no longer applies, with the hunk.
 */
export function layOut(lab: Pick<Lab, 'dir'>, layers: readonly Layer[], target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const name of editableEntries(lab)) {
    cpSync(join(lab.dir, name), join(target, name), { recursive: true });
  }
  for (const layer of layers) {
    if ('patch' in layer) applyPatchFile(layer.patch, target);
    else layFolder(layer.folder, target);
  }
  const packages = join(lab.dir, 'node_modules');
  if (existsSync(packages)) symlinkSync(packages, join(target, 'node_modules'), 'junction');
}

function layFolder(folder: string, target: string): void {
  for (const name of readdirSync(folder)) {
    if (name === SOLUTION_NOTES) continue;
    cpSync(join(folder, name), join(target, name), { recursive: true, force: true });
  }
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  designsOf,
  type Lab,
  layOut,
  layOutForEditing,
  loadLab,
  makePatch,
  misconceptionsOf,
  PATCH,
  type Patched,
} from '@backend-labs/catalog';
import { VariantError } from './errors.ts';

/** The misconceptions and designs of a lab. */
export function patchedOf(lab: Lab): Patched[] {
  return [...designsOf(lab), ...misconceptionsOf(lab)];
}

/** Where a misconception or design is laid out, below the folder of all of them. */
export function treeOf({ kind, name }: Pick<Patched, 'kind' | 'name'>): string {
  return `${kind}s/${name}`;
}

/**
 * Lays every misconception and design out in a folder of its own, so that it can be changed as a whole.
 *
 * @throws VariantError `CHOICE_REFUSED` when one no longer applies, with the file and the hunk.
 */
export function layOutPatched(lab: Lab, dir: string): void {
  for (const patched of patchedOf(lab)) {
    const [rejected] = layOutForEditing(lab, patched, join(dir, treeOf(patched)));
    if (!rejected) continue;
    throw new VariantError(
      'CHOICE_REFUSED',
      `${patched.kind} ${patched.name} does not apply to ${rejected.file} after the choices. Let the option's patch change it, or list it in \`without\`:\n${rejected.hunk}`,
    );
  }
}

/**
 * Writes the patches of a lab again, from folders that `layOutPatched` made and that have been changed as
 * the lab has.
 *
 * @param scratch a folder to work in.
 */
export function writePatches(labDir: string, root: string, dir: string, scratch: string): void {
  const lab = loadLab(labDir, root);
  mkdirSync(scratch, { recursive: true });
  for (const patched of patchedOf(lab)) {
    const base = join(scratch, 'base');
    layOut(lab, patched.over?.layers ?? [], base);
    const patch = makePatch(base, join(dir, treeOf(patched)));
    if (patch === '') {
      throw new VariantError('CHOICE_REFUSED', `${patched.kind} ${patched.name} changes nothing.`);
    }
    writeFileSync(join(patched.dir, PATCH), patch);
  }
  rmSync(scratch, { recursive: true, force: true });
}

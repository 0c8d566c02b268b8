import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CatalogError } from './errors.ts';
import type { Lab } from './lab.ts';
import { layOut } from './lay-out.ts';
import { PATCH, type Patched } from './overlays.ts';
import { makePatch, patchLoosely, type Rejected } from './patch.ts';

/**
 * Lays a misconception or design out in a folder to work in; what was there is replaced.
 *
 * @returns the hunks that no longer find a place: to be done by hand.
 */
export function layOutForEditing(lab: Pick<Lab, 'dir'>, patched: Patched, folder: string) {
  layOut(lab, patched.over?.layers ?? [], folder);
  const patch = join(patched.dir, PATCH);
  return existsSync(patch) ? patchLoosely(patch, folder) : [];
}

/**
 * Writes the patch of a misconception or design: what tells `folder` from what it is laid over.
 *
 * @returns whether the patch has changed.
 * @throws CatalogError PATCH_REFUSED when nothing tells them apart; the old patch stays.
 */
export function savePatch(lab: Pick<Lab, 'dir'>, patched: Patched, folder: string): boolean {
  using base = scratch();
  layOut(lab, patched.over?.layers ?? [], base.dir);
  const text = makePatch(base.dir, folder);
  if (text === '') {
    throw new CatalogError('PATCH_REFUSED', `${patched.name}: nothing was changed in ${folder}.`);
  }
  const file = join(patched.dir, PATCH);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  writeFileSync(file, text);
  return true;
}

/**
 * Brings a patch up to date after what it is laid over has changed. One with a hunk that finds no
 * place is left as it was.
 *
 * @returns the hunks that found no place.
 */
export function rebasePatch(lab: Pick<Lab, 'dir'>, patched: Patched): Rejected[] {
  using work = scratch();
  const rejected = layOutForEditing(lab, patched, work.dir);
  if (rejected.length === 0) savePatch(lab, patched, work.dir);
  return rejected;
}

function scratch(): Disposable & { readonly dir: string } {
  const dir = mkdtempSync(join(tmpdir(), 'labs-patch-'));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

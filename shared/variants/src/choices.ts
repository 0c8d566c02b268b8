import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applyPatch, parsePatch } from 'diff';
import type { Drawn } from './draw.ts';
import { VariantError } from './errors.ts';
import { SPEC } from './read-spec.ts';
import type { Spec } from './spec.ts';

/** The folder of a lab's options. No learner's copy and no take-home gets it. */
export const OPTIONS = 'variants';

/** The patch of an option. */
export function optionPatch(labDir: string, axis: string, option: string): string {
  return join(labDir, OPTIONS, `${axis}.${option}.patch`);
}

export type Choice = readonly [axis: string, option: string];

/** The axes and options that differ from the lab as it is, in the order of `variant.yaml`. */
export function changedOptions({ choices }: Spec, options: Drawn['options']): Choice[] {
  return Object.entries(choices).flatMap(([axis, [first]]): Choice[] => {
    const option = options[axis];
    return option === undefined || option === first?.name ? [] : [[axis, option]];
  });
}

/**
 * Takes the misconceptions and designs away that mean nothing under an option.
 *
 * @param target a lab's folder.
 * @throws VariantError `SPEC_INVALID` for one that is not there.
 */
export function leaveOut(
  lab: string,
  { choices }: Spec,
  [axis, option]: Choice,
  target: string,
): void {
  const without = choices[axis]?.find(({ name }) => name === option)?.without ?? [];
  for (const name of without) {
    const folders = ['misconceptions', 'designs'].map((kind) => join(target, kind, name));
    if (!folders.some((folder) => existsSync(folder))) {
      const field = `choices.${axis}: ${option}: without`;
      const message = `labs/${lab}/${SPEC}: ${field}: there is no misconception or design ${name}.`;
      throw new VariantError('SPEC_INVALID', message);
    }
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Applies the patch of an option to a whole lab, exactly: lines may have moved, not changed.
 *
 * @throws VariantError `CHOICE_REFUSED` with the file and the hunk; nothing is written then.
 */
export function applyOption(lab: string, patch: string, target: string): void {
  const shown = `labs/${lab}/${OPTIONS}/${patch.slice(patch.lastIndexOf('/') + 1)}`;
  if (!existsSync(patch)) {
    throw new VariantError('CHOICE_REFUSED', `${shown} is missing.`);
  }
  const changes = parsePatch(readFileSync(patch, 'utf8')).filter(({ hunks }) => hunks.length > 0);
  const results = changes.map((change) => {
    const isGone = change.newFileName === '/dev/null';
    const name = (isGone ? change.oldFileName : change.newFileName) ?? '';
    const path = name.replace(/^[ab]\//u, '');
    const file = join(target, path);
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const text = applyPatch(before, change, { fuzzFactor: 0 });
    if (text === false) {
      const hunk = firstRefused(before, change);
      throw new VariantError('CHOICE_REFUSED', `${shown} does not apply to ${path}:\n${hunk}`);
    }
    return { file, text: isGone ? undefined : text };
  });
  for (const { file, text } of results) {
    mkdirSync(dirname(file), { recursive: true });
    if (text === undefined) rmSync(file, { force: true });
    else writeFileSync(file, text);
  }
}

function firstRefused(before: string, change: ReturnType<typeof parsePatch>[number]): string {
  const refused = change.hunks.find((hunk) => {
    return applyPatch(before, { ...change, hunks: [hunk] }, { fuzzFactor: 0 }) === false;
  });
  const hunk = refused ?? change.hunks[0];
  if (!hunk) return '';
  const { oldStart, oldLines, newStart, newLines, lines } = hunk;
  return [`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...lines].join('\n');
}

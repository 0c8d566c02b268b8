import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lab, makePatch } from '@backend-labs/catalog';
import {
  applyOption,
  copyLab,
  labIn,
  leaveOut,
  linkPackages,
  optionPatch,
  type Spec,
} from '@backend-labs/variants';
import { shownPath, type Context } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';

/**
 * `labs vary <lab> --edit AXIS.OPTION`: lays the lab out with an option, or saves the option's patch. It is
 * laid out as a catalogue, so that `verify` works on it before it is saved.
 */
export function editOption(
  lab: Lab,
  spec: Spec,
  name: string,
  save: boolean,
  context: Context,
): number {
  const [axis = '', option = ''] = name.split('.');
  const { choices } = spec;
  const others = (choices[axis] ?? []).slice(1).map((each) => each.name);
  if (!others.includes(option)) {
    const all = Object.entries(choices).flatMap(([key, [, ...rest]]) =>
      rest.map((each) => `${key}.${each.name}`),
    );
    throw new UsageError(
      `"${name}" is not an option with a patch. ${lab.id} has ${all.join(', ')}.`,
    );
  }
  const patch = optionPatch(lab.dir, axis, option);
  const home = join(context.stateDir, 'edit', `variant-${name}`);
  const folder = labIn(home, lab);
  const bare = (dir: string) => {
    copyLab(lab.dir, dir);
    leaveOut(lab.id, spec, [axis, option], dir);
  };
  const again = `npm run labs -- vary ${lab.number} --edit ${name}`;
  if (save) {
    if (!existsSync(folder)) {
      throw new UsageError(
        `${shownPath(folder, context)} is not there. Lay it out first: ${again}`,
      );
    }
    console.log(
      `${name}: the patch ${savePatch(bare, folder, patch) ? 'is written' : 'is as it was'}.`,
    );
    return EXIT.green;
  }
  rmSync(home, { recursive: true, force: true });
  bare(folder);
  if (existsSync(patch)) applyOption(lab.id, patch, folder);
  linkPackages(context.root, lab, home);
  const shown = shownPath(home, context);
  console.log(`${lab.id} with ${name} is in ${shownPath(folder, context)}. Edit it there.`);
  console.log(`Prove it: LABS_CATALOG=${shown} npm run labs -- verify ${lab.number} --rebase`);
  console.log(`          LABS_CATALOG=${shown} npm run labs -- verify ${lab.number}`);
  console.log(`Save it:  ${again} --save`);
  return EXIT.green;
}

/**
 * @param bare writes the lab without what the option leaves out.
 * @returns whether the patch has changed.
 */
function savePatch(bare: (dir: string) => void, folder: string, patch: string): boolean {
  const base = mkdtempSync(join(tmpdir(), 'labs-vary-'));
  try {
    bare(base);
    const text = makePatch(base, folder);
    if (text === '') throw new UsageError(`Nothing was changed in ${folder}.`);
    if (existsSync(patch) && readFileSync(patch, 'utf8') === text) return false;
    writeFileSync(patch, text);
    return true;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

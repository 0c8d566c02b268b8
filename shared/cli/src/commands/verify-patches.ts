import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  designsOf,
  layOutForEditing,
  misconceptionsOf,
  rebasePatch,
  savePatch,
  type Lab,
  type Patched,
  type Rejected,
} from '@backend-labs/catalog';
import { closestMatch } from 'leven';
import { shownPath, type Context } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';

/** `labs verify <lab> --edit SLUG`: lays a misconception or design out, or saves its patch. */
export function editPatch(lab: Lab, slug: string, save: boolean, context: Context): number {
  const patched = patchedNamed(lab, slug);
  const folder = join(context.stateDir, 'edit', lab.id, patched.name);
  const shown = shownPath(folder, context);
  const again = `npm run labs -- verify ${lab.number} --edit ${patched.name}`;
  if (save) {
    if (!existsSync(folder)) {
      throw new UsageError(`${shown} is not there. Lay it out first: ${again}`);
    }
    const changed = savePatch(lab, patched, folder);
    console.log(`${patched.name}: the patch ${changed ? 'is written' : 'is as it was'}.`);
    return EXIT.green;
  }
  const rejected = layOutForEditing(lab, patched, folder);
  console.log(`${patched.name} is in ${shown}. Edit it there, then: ${again} --save`);
  for (const each of rejected) console.log(`\n${renderRejected(patched, each)}`);
  return EXIT.green;
}

/** `labs verify <lab> --rebase`: brings every patch of a lab up to date. */
export function rebasePatches(lab: Lab): number {
  let red = false;
  for (const patched of [...designsOf(lab), ...misconceptionsOf(lab)]) {
    for (const rejected of rebasePatch(lab, patched)) {
      red = true;
      console.log(`${renderRejected(patched, rejected)}\n`);
    }
  }
  console.log(
    red
      ? `Bring these up to date by hand: npm run labs -- verify ${lab.number} --edit <name>`
      : `Every patch of ${lab.id} applies.`,
  );
  return red ? EXIT.red : EXIT.green;
}

function renderRejected({ kind, name }: Patched, { file, hunk }: Rejected): string {
  return `${kind} ${name}: this hunk finds no place in ${file}:\n${hunk}`;
}

function patchedNamed(lab: Lab, name: string): Patched {
  const all: Patched[] = [...designsOf(lab), ...misconceptionsOf(lab)];
  const found = all.find((patched) => patched.name === name);
  if (found) return found;
  const guess = closestMatch(
    name,
    all.map((patched) => patched.name),
    { maxDistance: 3 },
  );
  const hint = guess
    ? `Did you mean "${guess}"?`
    : 'Make its folder with a misconception.yaml first.';
  throw new UsageError(`${lab.id} has no misconception or design "${name}". ${hint}`);
}

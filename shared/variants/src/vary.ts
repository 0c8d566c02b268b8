import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  designsOf,
  type Lab,
  loadLab,
  misconceptionsOf,
  PATCH,
  solutionsOf,
} from '@backend-labs/catalog';
import { applyOption, changedOptions, leaveOut, optionPatch, OPTIONS } from './choices.ts';
import type { Drawn } from './draw.ts';
import { VariantError } from './errors.ts';
import { checkFacts, withFacts } from './facts.ts';
import { readTexts, replaceTexts, type Texts } from './files.ts';
import { layOutPatched, writePatches } from './overlays.ts';
import { readSpec, SPEC } from './read-spec.ts';
import type { Skin, Spec } from './spec.ts';
import { checkClashes } from './words/clashes.ts';
import { checkPassages, withPassages } from './words/passages.ts';
import { Renaming } from './words/rename.ts';

/** Of a lab's folder, not of a variant's: the proof is of other files, and the rest would give it away. */
const LEFT_OUT = new Set(['node_modules', 'proof.json', SPEC, OPTIONS]);

export interface VaryOptions {
  readonly lab: Lab;
  readonly drawn: Drawn;
  /** The folder to write; what is there is replaced. Its name is the lab's id. */
  readonly to: string;
  /** Formats the code below a folder. */
  readonly format: (dir: string) => Promise<void>;
}

/**
 * Writes a variant of a lab: first the choices, then the facts, then the words, in every file and path.
 * It is a lab in every respect, and nothing in it names the seed, the skin or an option.
 *
 * @throws VariantError; CatalogError when the result is not a whole lab.
 */
export async function writeVariant({ lab, drawn, to, format }: VaryOptions): Promise<void> {
  const spec = readSpec(lab);
  const scratch = mkdtempSync(join(tmpdir(), 'labs-vary-'));
  try {
    const home = join(scratch, 'lab');
    const made = join(home, 'labs', lab.id);
    const trees = join(home, 'trees');
    const chosen = chooseOptions(lab, spec, drawn, { made, home });
    mkdirSync(trees);
    layOutPatched(chosen, trees);
    change(lab, spec, drawn, { made, trees });
    await format(home);
    writePatches(made, home, trees, join(scratch, 'patches'));
    checkWhole(made, home);
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to, { recursive: true });
    cpSync(made, to, { recursive: true });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Copies a lab without what is not a variant's. */
export function copyLab(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    if (LEFT_OUT.has(name)) continue;
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

function chooseOptions(
  lab: Lab,
  spec: Spec,
  { options }: Drawn,
  { made, home }: { readonly made: string; readonly home: string },
): Lab {
  copyLab(lab.dir, made);
  const changed = changedOptions(spec, options);
  for (const choice of changed) leaveOut(lab.id, spec, choice, made);
  for (const [axis, option] of changed) {
    applyOption(lab.id, optionPatch(lab.dir, axis, option), made);
  }
  return loadLab(made, home);
}

/** Puts facts and words into the lab and into each of its laid-out overlays. */
function change(
  { id }: Lab,
  spec: Spec,
  { facts, skin: name }: Drawn,
  { made, trees }: { readonly made: string; readonly trees: string },
): void {
  const skin = skinOf(spec, name);
  const [lab, overlays] = [readTexts(made), readTexts(trees)];
  const renaming = new Renaming(skin.terms, [id, ...spec.words.keep]);
  checkFacts(id, spec, lab);
  checkPassages(id, skin, lab);
  checkClashes(id, skin.name, renaming, new Map([...lab, ...overlays]));
  const changed = (texts: Texts, pathInLab: (path: string) => string): Texts => {
    // The patches are made again from the trees.
    const kept = [...texts].filter(([path]) => basename(path) !== PATCH);
    return new Map(
      kept.map(([path, text]) => {
        const told = withPassages(text, pathInLab(path), skin, facts);
        const varied = withFacts(told, pathInLab(path), spec, facts);
        return [renaming.rename(path), renaming.rename(varied)];
      }),
    );
  };
  replaceTexts(
    made,
    lab,
    changed(lab, (path) => path),
  );
  // A tree is `<kind>/<name>/…`.
  const inTree = (path: string) => path.split('/').slice(2).join('/');
  replaceTexts(trees, overlays, changed(overlays, inTree));
}

function skinOf({ words }: Spec, wanted: string): Skin {
  const found = words.skins.find(({ name }) => name === wanted);
  if (!found) throw new VariantError('SPEC_INVALID', `There is no skin ${wanted}.`);
  return found;
}

/** @throws CatalogError for the first fault that the catalogue finds in it. */
function checkWhole(dir: string, root: string): void {
  const lab = loadLab(dir, root);
  solutionsOf(lab);
  misconceptionsOf(lab);
  designsOf(lab);
}

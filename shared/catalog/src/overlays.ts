import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CatalogError } from './errors.ts';
import type { Lab } from './lab.ts';
import { designSchema, misconceptionSchema } from './manifest.ts';
import { readYaml } from './yaml-file.ts';

/** Files laid over what is below, or a patch of it. Absolute paths. */
export type Layer = { readonly folder: string } | { readonly patch: string };

/** Layers over a lab's starter, in turn. */
export interface Overlay {
  readonly kind: 'solution' | 'design' | 'misconception';
  readonly name: string;
  readonly dir: string;
  readonly layers: readonly Layer[];
}

/** A right answer. All its layers are folders. */
export interface Solution extends Overlay {
  readonly kind: 'solution';
  readonly layers: readonly { readonly folder: string }[];
}

/** An overlay that is a patch over a solution, or over the starter. */
export interface Patched extends Overlay {
  readonly kind: 'design' | 'misconception';
  /** Undefined: the starter. */
  readonly over: Solution | undefined;
}

/** A right design that a test once refused, or might: it must pass every point. */
export interface Design extends Patched {
  readonly kind: 'design';
  readonly why: string;
}

/** An answer that looks right and is wrong. */
export interface Misconception extends Patched {
  readonly kind: 'misconception';
  readonly looksRight: string;
  /** The points that it breaks. */
  readonly breaks: readonly string[];
  /** Points that it breaks or keeps by chance: their tests prove nothing here, and are not judged. */
  readonly mayBreak: readonly string[];
  readonly lesson: string;
}

/** The name of the patch in the folder of a misconception or design. */
export const PATCH = 'change.patch';

/** What several solutions have byte for byte; laid below each of them. */
const SHARED = 'shared';

/** The lab's solutions, by name, the reference first. */
export function solutionsOf(lab: Pick<Lab, 'dir'>): Solution[] {
  const home = join(lab.dir, 'solutions');
  const shared = join(home, SHARED);
  const below = existsSync(shared) ? [{ folder: shared }] : [];
  return foldersIn(home)
    .filter((name) => name !== SHARED)
    .map((name): Solution => {
      const dir = join(home, name);
      return { kind: 'solution', name, dir, layers: [...below, { folder: dir }] };
    })
    .toSorted((a, b) => Number(b.name === 'reference') - Number(a.name === 'reference'));
}

/**
 * The lab's misconceptions, by name.
 *
 * @throws CatalogError when one's manifest does not fit, or names a point that the ticket lacks.
 */
export function misconceptionsOf(lab: Lab): Misconception[] {
  return patchedIn(lab, 'misconceptions', 'misconception.yaml', misconceptionSchema).map(
    ({ manifest, shown, ...patched }): Misconception => {
      const { looksRight, lesson } = manifest;
      const breaks = pointsNamed(lab, manifest.breaks, `${shown}: breaks`);
      const mayBreak = pointsNamed(lab, manifest.mayBreak, `${shown}: mayBreak`);
      const both = breaks.find((point) => mayBreak.includes(point));
      if (both !== undefined) {
        const message = `${shown}: mayBreak: ${both} is in \`breaks\` as well. Name it in one of them.`;
        throw new CatalogError('MANIFEST_INVALID', message);
      }
      return { kind: 'misconception', ...patched, looksRight, lesson, breaks, mayBreak };
    },
  );
}

/**
 * The right designs that no test may refuse, by name.
 *
 * @throws CatalogError when one's manifest does not fit.
 */
export function designsOf(lab: Lab): Design[] {
  return patchedIn(lab, 'designs', 'design.yaml', designSchema).map(
    ({ manifest, shown: _shown, ...patched }): Design => ({
      kind: 'design',
      ...patched,
      why: manifest.why,
    }),
  );
}

/**
 * The ids of points that a manifest names; a task's number stands for all of its points.
 *
 * @param field where they are named, for the message.
 * @throws CatalogError MANIFEST_INVALID for one that the ticket lacks.
 */
export function pointsNamed(
  lab: Pick<Lab, 'id' | 'tasks'>,
  named: readonly (number | string)[],
  field: string,
): string[] {
  const ids = named.flatMap((name) => {
    const task = lab.tasks.find(({ number }) => number === Number(String(name).split('.')[0]));
    const all = task?.points.map(({ id }) => id) ?? [];
    if (task && typeof name === 'number') return all;
    if (typeof name === 'string' && all.includes(name)) return [name];
    const what = typeof name === 'number' ? `no task ${name}` : `no point ${name} in the ticket`;
    throw new CatalogError('MANIFEST_INVALID', `${field}: there is ${what} of ${lab.id}.`);
  });
  return [...new Set(ids)];
}

function patchedIn<M extends { over?: string | undefined }>(
  lab: Lab,
  folder: 'designs' | 'misconceptions',
  file: string,
  schema: Parameters<typeof readYaml<M>>[2],
) {
  const solutions = solutionsOf(lab);
  return foldersIn(join(lab.dir, folder)).map((name) => {
    const dir = join(lab.dir, folder, name);
    const shown = `labs/${lab.id}/${folder}/${name}/${file}`;
    const manifest = readYaml(join(dir, file), shown, schema);
    const over = solutions.find((solution) => solution.name === manifest.over);
    if (manifest.over !== undefined && !over) {
      throw new CatalogError(
        'MANIFEST_INVALID',
        `${shown}: over: there is no solution "${manifest.over}" in ${lab.id}.`,
      );
    }
    const layers: Layer[] = [...(over?.layers ?? []), { patch: join(dir, PATCH) }];
    return { name, dir, over, layers, manifest, shown };
  });
}

function foldersIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

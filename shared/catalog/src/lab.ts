import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { CatalogError } from './errors.ts';
import { manifestSchema, misconceptionSchema, type Manifest } from './manifest.ts';
import { readYaml } from './yaml-file.ts';

export interface Task {
  /** From 1, in the order of the manifest. */
  readonly number: number;
  readonly slug: string;
  readonly title: string;
  readonly needs: readonly number[];
  readonly servers: readonly string[];
  /** Of a lab of several programs, the one that it is about. */
  readonly part?: string | undefined;
  /** Absolute path of the test file. */
  readonly file: string;
}

export interface Lab extends Omit<Manifest, 'tasks'> {
  readonly number: number;
  readonly slug: string;
  /** Absolute path of the lab's folder in the catalogue. */
  readonly dir: string;
  readonly tasks: readonly Task[];
}

/** A folder of files laid over the starter, same paths. */
export interface Overlay {
  readonly kind: 'solution' | 'misconception';
  readonly name: string;
  readonly dir: string;
}

export interface Misconception extends Overlay {
  readonly kind: 'misconception';
  readonly looksRight: string;
  /** The solution that it is laid over; undefined: the starter. */
  readonly over?: Overlay | undefined;
  readonly killedBy: readonly number[];
  readonly stillPasses: readonly number[];
  readonly lesson: string;
}

/**
 * Reads one lab's manifest and looks that its test files are there.
 *
 * @throws CatalogError with one line that names file, line and field.
 */
export function loadLab(dir: string, root: string): Lab {
  const shown = relative(root, join(dir, 'lab.yaml'));
  const manifest = readYaml(join(dir, 'lab.yaml'), shown, manifestSchema);
  if (manifest.id !== basename(dir)) {
    throw new CatalogError(
      'MANIFEST_INVALID',
      `${shown}: id: must be "${basename(dir)}", the name of its folder.`,
    );
  }
  const tasks = manifest.tasks.map((task, index): Task => {
    const number = index + 1;
    const file = join(dir, 'tests', `${number}-${task.slug}.test.ts`);
    if (!existsSync(file)) {
      throw new CatalogError(
        'MANIFEST_INVALID',
        `${shown}: tasks[${index}]: its test ${relative(root, file)} is missing.`,
      );
    }
    return { ...task, number, servers: task.servers ?? manifest.servers, file };
  });
  return {
    ...manifest,
    number: Number(manifest.id.slice(0, 2)),
    slug: manifest.id.slice(3),
    dir,
    tasks,
  };
}

/** The lab's solutions, by name, the reference first. */
export function solutionsOf(lab: Lab): Overlay[] {
  return foldersIn(join(lab.dir, 'solutions'))
    .map((name): Overlay => ({ kind: 'solution', name, dir: join(lab.dir, 'solutions', name) }))
    .toSorted((a, b) => Number(b.name === 'reference') - Number(a.name === 'reference'));
}

/**
 * The lab's misconceptions, by name.
 *
 * @throws CatalogError when one's manifest does not fit, or names a task that is not there.
 */
export function misconceptionsOf(lab: Lab): Misconception[] {
  const solutions = solutionsOf(lab);
  return foldersIn(join(lab.dir, 'misconceptions')).map((name) => {
    const dir = join(lab.dir, 'misconceptions', name);
    const shown = `labs/${lab.id}/misconceptions/${name}/misconception.yaml`;
    const manifest = readYaml(join(dir, 'misconception.yaml'), shown, misconceptionSchema);
    for (const field of ['killedBy', 'stillPasses'] as const) {
      const unknown = manifest[field].find((task) => task > lab.tasks.length);
      if (unknown !== undefined) {
        throw new CatalogError(
          'MANIFEST_INVALID',
          `${shown}: ${field}: there is no task ${unknown} in ${lab.id}.`,
        );
      }
    }
    const over = solutions.find((solution) => solution.name === manifest.over);
    if (manifest.over !== undefined && !over) {
      throw new CatalogError(
        'MANIFEST_INVALID',
        `${shown}: over: there is no solution "${manifest.over}" in ${lab.id}.`,
      );
    }
    return { kind: 'misconception', name, dir, ...manifest, over };
  });
}

function foldersIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

import { existsSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { CatalogError } from './errors.ts';
import { manifestSchema, type Manifest } from './manifest.ts';
import { pointsNamed } from './overlays.ts';
import { readPoints, type Point } from './points.ts';
import { readYaml } from './yaml-file.ts';

export interface Task {
  /** From 1, in the order of the manifest. */
  readonly number: number;
  readonly slug: string;
  readonly title: string;
  /** Not needed to pass the lab. */
  readonly stretch: boolean;
  /** Its acceptance criteria, in the order of the ticket. */
  readonly points: readonly Point[];
  readonly needs: readonly number[];
  readonly servers: readonly string[];
  /** Of a lab of several programs, the one that it is about. */
  readonly part?: string | undefined;
  /** Absolute path of the test file. */
  readonly file: string;
}

export interface Lab extends Omit<Manifest, 'tasks' | 'starter'> {
  readonly number: number;
  readonly slug: string;
  /** Absolute path of the lab's folder in the catalogue. */
  readonly dir: string;
  readonly tasks: readonly Task[];
  readonly starter: {
    /** The points that the starter does not pass. */
    readonly fails: readonly string[];
    readonly lessons: readonly string[];
  };
}

/**
 * Reads one lab's manifest and the points of its ticket, and checks that its test files are there.
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
  const ticket = join(dir, 'README.md');
  const tasks = manifest.tasks.map((task, index): Task => {
    const number = index + 1;
    const file = join(dir, 'tests', `${number}-${task.slug}.test.ts`);
    if (!existsSync(file)) {
      throw new CatalogError(
        'MANIFEST_INVALID',
        `${shown}: tasks[${index}]: its test ${relative(root, file)} is missing.`,
      );
    }
    const points = readPoints(ticket, relative(root, ticket), number);
    return { ...task, number, points, servers: task.servers ?? manifest.servers, file };
  });
  const fails = pointsNamed(
    { id: manifest.id, tasks },
    manifest.starter.fails,
    `${shown}: starter.fails`,
  );
  return {
    ...manifest,
    number: Number(manifest.id.slice(0, 2)),
    slug: manifest.id.slice(3),
    dir,
    tasks,
    starter: { ...manifest.starter, fails },
  };
}

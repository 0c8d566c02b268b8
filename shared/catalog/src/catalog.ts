import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CatalogError } from './errors.ts';
import { loadLab, type Lab, type Task } from './lab.ts';
import { closestMatch } from 'leven';

export interface Catalog {
  /** By number. */
  readonly labs: readonly Lab[];
  /** Labs whose files are faulty, by folder name. One of them spoils none of the others. */
  readonly broken: ReadonlyMap<string, CatalogError>;
}

/** Reads every lab under `<root>/labs`. */
export function readCatalog(root: string): Catalog {
  const labs: Lab[] = [];
  const broken = new Map<string, CatalogError>();
  const home = join(root, 'labs');
  for (const folder of existsSync(home) ? readdirSync(home).toSorted() : []) {
    if (!/^\d{2}-/.test(folder)) continue;
    try {
      labs.push(loadLab(join(home, folder), root));
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      broken.set(folder, error);
    }
  }
  return { labs, broken };
}

/**
 * A lab by number, slug or both: `1`, `query-plans`, `01-query-plans`.
 *
 * @throws CatalogError UNKNOWN_LAB with the nearest name, or the fault of the lab that was meant.
 */
export function findLab(catalog: Catalog, name: string): Lab {
  const wanted = name
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/^labs\//, '');
  const matches = (id: string) =>
    id === wanted ||
    id.slice(3) === wanted ||
    (/^\d+$/.test(wanted) && Number(id.slice(0, 2)) === Number(wanted));
  const lab = catalog.labs.find(({ id }) => matches(id));
  if (lab) return lab;
  for (const [folder, fault] of catalog.broken) if (matches(folder)) throw fault;

  const guess = closestMatch(
    wanted,
    catalog.labs.flatMap(({ id, slug }) => [id, slug]),
    { maxDistance: 4 },
  );
  const hint = guess ? `Did you mean "${guess}"?` : '`labs list` shows them all.';
  throw new CatalogError('UNKNOWN_LAB', `There is no lab "${name}". ${hint}`);
}

/**
 * A task of a lab by number or slug.
 *
 * @throws CatalogError UNKNOWN_TASK, with what there is.
 */
export function findTask(lab: Lab, name: string): Task {
  const task = lab.tasks.find(({ number, slug }) => String(number) === name || slug === name);
  if (task) return task;
  const guess = closestMatch(
    name,
    lab.tasks.map(({ slug }) => slug),
    { maxDistance: 4 },
  );
  const hint = guess ? `Did you mean "${guess}"?` : `It has tasks 1 to ${lab.tasks.length}.`;
  throw new CatalogError('UNKNOWN_TASK', `There is no task "${name}" in ${lab.id}. ${hint}`);
}

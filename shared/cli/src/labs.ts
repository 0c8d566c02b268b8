import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCatalog, type Catalog } from '@backend-labs/catalog';
import { packSchema, type Pack } from '@backend-labs/protocol';
import { isTakeHome } from './take-home.ts';

/** The labs of this checkout; of a take-home's, the tasks that it asks for. */
export function readLabs(root: string): Catalog {
  const catalog = readCatalog(root);
  const pack = readPack(root);
  if (!pack) return catalog;
  const labs = catalog.labs.map((lab) => {
    const tasks = lab.tasks.filter(({ number }) => pack.tasks.includes(number));
    return lab.id === pack.lab ? { ...lab, tasks } : lab;
  });
  return { ...catalog, labs };
}

function readPack(root: string): Pack | undefined {
  if (!isTakeHome(root)) return undefined;
  const text = readFileSync(join(root, 'pack.json'), 'utf8');
  return packSchema.parse(JSON.parse(text));
}

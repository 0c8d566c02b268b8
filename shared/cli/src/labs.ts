import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCatalog, type Catalog } from '@backend-labs/catalog';
import { packSchema, type Pack } from '@backend-labs/protocol';
import type { Context } from './context.ts';
import { isTakeHome } from './take-home.ts';

/** The labs of the catalogue; of a take-home's, the tasks that it asks for. */
export function readLabs({ root, catalog: home }: Pick<Context, 'root' | 'catalog'>): Catalog {
  const catalog = readCatalog(home);
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

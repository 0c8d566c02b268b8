import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Lab } from '@backend-labs/catalog';

/** The folder of a variant's catalogue below `variants/`: the number of the lab, and a hash of the seed. */
export function homeName({ id }: Pick<Lab, 'id'>, seed: string): string {
  const hash = createHash('sha256').update(`${id}\0${seed}`).digest('hex');
  return `${id.slice(0, 2)}-${hash.slice(0, 8)}`;
}

/** Where a catalogue keeps a lab. */
export function labIn(home: string, { id }: Pick<Lab, 'id'>): string {
  return join(home, 'labs', id);
}

/**
 * Gives a variant the packages of its lab by links, and its tests the testkit if the catalogue is
 * outside of this repository.
 *
 * @param root this repository. @param home the variant's catalogue.
 */
export function linkPackages(root: string, lab: Pick<Lab, 'id' | 'dir'>, home: string): void {
  linkAll(join(lab.dir, 'node_modules'), join(labIn(home, lab), 'node_modules'));
  if (resolve(home).startsWith(resolve(root) + sep)) return;
  linkAll(join(root, 'node_modules', '@backend-labs'), join(home, 'node_modules', '@backend-labs'));
}

/** Links to what links lead to: a folder of packages has relative ones, which would lead nowhere. */
function linkAll(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const [source, link] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) symlinkSync(realpathSync(source), link, 'junction');
    else if (entry.isDirectory()) linkAll(source, link);
  }
}

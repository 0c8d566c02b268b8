import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOrphan, ownerTag } from '@backend-labs/stack';

const OWNER = '.owner';

/**
 * Takes a folder for one run: the first of `<name>-1`, `<name>-2`, … that nobody has. The next run
 * gets the same, so that Node finds what it compiled of the files in it, and its cache does not grow
 * with each run. One that a killed run left behind is removed. Disposing gives the folder back.
 *
 * @param runs where the folders are; made when missing.
 */
export async function takeFolder(
  runs: string,
  name: string,
): Promise<Disposable & { readonly dir: string }> {
  const owner = await ownerTag();
  mkdirSync(runs, { recursive: true });
  for (let number = 1; ; number += 1) {
    const dir = join(runs, `${name}-${number}`);
    const remove = () => rmSync(dir, { recursive: true, force: true });
    if (claim(dir, owner)) return { dir, [Symbol.dispose]: remove };
    // Removed, and not taken: somebody else may be about to remove it, too.
    if (await isOrphan(ownerOf(dir), true)) remove();
  }
}

function claim(dir: string, owner: string): boolean {
  try {
    mkdirSync(dir);
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
  writeFileSync(join(dir, OWNER), owner);
  return true;
}

/** Empty when the folder is just being taken, or given back. */
function ownerOf(dir: string): string {
  try {
    return readFileSync(join(dir, OWNER), 'utf8');
  } catch {
    return '';
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

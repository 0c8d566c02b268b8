import { lchownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The user that programs run as when we are root: root would be above the limit on processes, and the
 * owner of every file that it sees.
 */
export const NOBODY = 64_022;

/** Makes a folder that user's own, so that the program can write to it. */
export function giveAway(path: string): void {
  const stats = lstatSync(path);
  if (stats.uid === NOBODY) return;
  for (const name of stats.isDirectory() ? readdirSync(path) : []) giveAway(join(path, name));
  lchownSync(path, NOBODY, NOBODY);
}

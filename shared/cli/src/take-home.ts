import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Whether this checkout is a candidate's take-home, made by `labs pack`. */
export function isTakeHome(root: string): boolean {
  return existsSync(join(root, 'pack.json'));
}

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Where the system keeps its programs. No folder of a candidate's is among them. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin'];

/**
 * The absolute path of a system's program. The search path of a candidate's program begins with its own
 * folder, where it may put a `bwrap` that makes no sandbox.
 *
 * @returns undefined when it is not installed.
 */
export function systemTool(name: 'bwrap' | 'prlimit'): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

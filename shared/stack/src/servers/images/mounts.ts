import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One line of `/proc/self/mountinfo`, see proc_pid_mountinfo(5). */
export interface Mount {
  /** Where it is mounted. */
  readonly point: string;
  /** The folder of its file system that is mounted there: `/` for a whole one. */
  readonly root: string;
}

/**
 * Unmounts what a killed engine left mounted in its folders: the file systems and networks of its
 * containers, and the bind mounts that it makes of the folders themselves. Only for folders whose
 * engine has ended.
 */
export async function clearMounts(folders: readonly string[]): Promise<void> {
  const left = (await mounts()).filter(({ point, root }) =>
    // A whole file system on the folder itself is a disk of the user's.
    folders.some((dir) => point.startsWith(`${dir}/`) || (point === dir && root !== '/')),
  );
  // The last is on top.
  for (const { point } of left.toReversed()) {
    // Another process may still stand in it, and an earlier one may have taken it away.
    await run('umount', ['--lazy', '--', point]).catch(() => {});
  }
}

/** All mounts that this process sees, in the order in which they were made. */
export async function mounts(): Promise<Mount[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, , , root = '', point = ''] = line.split(' ').map(unescape);
      return { point, root };
    });
}

/** Spaces and the like are written as three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\(\d{3})/gu, (_, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}

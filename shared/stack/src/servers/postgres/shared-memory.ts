import { access, constants, statfs } from 'node:fs/promises';

const FOLDER = '/dev/shm';

/** Parallel workers and statistics take a few megabytes of it. */
const ENOUGH = 32e6;

/**
 * Where Postgres shares memory between its processes. Some containers have no `/dev/shm`, or one of a
 * few kilobytes, or do not let every user write there; then it is files in its own data.
 *
 * @param mayWrite whether Postgres' user may write into a folder.
 */
export async function sharedMemory(
  mayWrite: (folder: string) => Promise<boolean>,
): Promise<'posix' | 'mmap'> {
  if (process.platform !== 'linux') return 'posix';
  try {
    await access(FOLDER, constants.F_OK);
    const { bavail, bsize } = await statfs(FOLDER);
    return bavail * bsize >= ENOUGH && (await mayWrite(FOLDER)) ? 'posix' : 'mmap';
  } catch {
    return 'mmap';
  }
}

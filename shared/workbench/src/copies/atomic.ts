import { randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  open,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writing } from './file-trouble.ts';

/** Temporary files lie beside their target, under a name that shows which command made them. */
const TEMPORARY = /(?:^|\/)\.[^/]+\.[0-9a-f]{8}\.labs-tmp$/;

/**
 * Writes a file whole or not at all: writes a temporary file beside it, syncs it to the disk, and
 * renames it. Makes missing folders. Replaces a link instead of writing through it.
 *
 * @throws WorkReadOnlyError, DiskFullError, WorkBlockedError; the old file is then still there.
 */
export async function writeAtomic(path: string, data: string | Uint8Array, mode = 0o644) {
  await besidesThenRename(path, async (temporary) => {
    await writeToDisk(temporary, data, mode);
  });
}

/**
 * Copies a file (bytes and mode) or a link (its target as written) whole or not at all, as
 * `writeAtomic` does.
 */
export async function copyAtomic(from: string, to: string) {
  await besidesThenRename(to, async (temporary) => {
    const stats = await lstat(from);
    if (stats.isSymbolicLink()) {
      await symlink(await readlink(from), temporary);
      return;
    }
    await copyFile(from, temporary);
    // On some systems, a file that its owner may not write cannot be opened for the sync below.
    await chmod(temporary, 0o600);
    await using file = await open(temporary, 'r+');
    await file.chmod(stats.mode & 0o777);
    await file.sync();
  });
}

/** Writes a new file and syncs it to the disk. Not atomic: for files that no other process reads yet. */
export async function writeToDisk(path: string, data: string | Uint8Array, mode: number) {
  await writing(path, async () => {
    await using file = await open(path, 'w', 0o600);
    await file.writeFile(data);
    await file.sync();
    await file.chmod(mode);
  });
}

/** Makes renames and new files in a folder survive a loss of power, if the system supports it. */
export async function syncFolder(dir: string) {
  if (process.platform === 'win32') return;
  await using folder = await open(dir, 'r');
  await folder.sync();
}

async function besidesThenRename(path: string, write: (temporary: string) => Promise<void>) {
  const dir = dirname(path);
  const temporary = temporaryFor(path);
  await writing(path, async () => {
    await mkdir(dir, { recursive: true });
    try {
      await write(temporary);
      await rename(temporary, path);
    } catch (error) {
      // A failure to clean up must not hide why the write failed.
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  });
}

/** A path beside `path` for a file that is not complete yet. */
export function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.labs-tmp`);
}

/** Whether a path, with `/`, is such a temporary file. Between commands, a killed command left it. */
export function isTemporary(path: string): boolean {
  return TEMPORARY.test(path);
}

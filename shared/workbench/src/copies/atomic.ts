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

/** Temporary neighbours are named so that whoever finds one knows whose it is. */
const TEMPORARY = /(?:^|\/)\.[^/]+\.[0-9a-f]{8}\.labs-tmp$/;

/**
 * Writes a file whole or not at all: beside its place, to the disk, then renamed. Makes the folders
 * on the way. Replaces a link instead of writing through it.
 *
 * @throws WorkReadOnlyError, DiskFullError, WorkBlockedError; then what was there is still there.
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
    // A file its owner may not write cannot be opened for the sync below on every system.
    await chmod(temporary, 0o600);
    await using file = await open(temporary, 'r+');
    await file.chmod(stats.mode & 0o777);
    await file.sync();
  });
}

/** Writes a new file through to the disk. Not atomic: for names that nobody reads yet. */
export async function writeToDisk(path: string, data: string | Uint8Array, mode: number) {
  await writing(path, async () => {
    await using file = await open(path, 'w', 0o600);
    await file.writeFile(data);
    await file.sync();
    await file.chmod(mode);
  });
}

/** Makes renames and new names in a folder outlast a loss of power, where the system can. */
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
      // Tidying up is a courtesy: its own failure must not hide why the write failed.
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  });
}

/** A name beside `path` for what is not yet whole. */
export function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.labs-tmp`);
}

/** Whether a path, with `/`, ends in such a name; outside a command it was left by a killed one. */
export function isTemporary(path: string): boolean {
  return TEMPORARY.test(path);
}

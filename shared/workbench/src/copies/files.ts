import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WorkUnreadableError } from './errors.ts';
import { systemCode } from './file-trouble.ts';

/** One file of a tree, by its contents. */
export interface FileEntry {
  readonly kind: 'file' | 'link';
  /** SHA-256, hex: of a file's bytes, of a link's target. */
  readonly hash: string;
  /** The only part of the mode that means the same on every machine. */
  readonly executable: boolean;
}

/** The files of a folder by path: relative, with `/`, in code unit order. No empty folders. */
export type Tree = ReadonlyMap<string, FileEntry>;

/** Whether a path, relative with `/`, is left out of the tree. */
export type Skip = (path: string) => boolean;

/**
 * Lists a folder. An absent folder is empty. Links are not followed. Sockets, pipes, and files that
 * disappear during the read (such as an editor's swap file) are left out.
 *
 * @throws WorkUnreadableError for the first file or folder that is not readable.
 */
export async function readTree(dir: string, skip: Skip): Promise<Tree> {
  const found = new Map<string, FileEntry>();
  await collect(dir, '', skip, found);
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether both are absent, or have the same contents. */
export function same(a: FileEntry | undefined, b: FileEntry | undefined): boolean {
  return a?.kind === b?.kind && a?.hash === b?.hash && a?.executable === b?.executable;
}

/** One hash of everything in the trees. */
export function fingerprint(...trees: readonly Tree[]): string {
  const lines = trees.map((tree) =>
    [...tree].map(([path, file]) => [path, file.kind, file.hash, file.executable]),
  );
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}

/** The union of the trees' paths, in code unit order. */
export function pathsOf(...trees: readonly Tree[]): string[] {
  return [...new Set(trees.flatMap((tree) => [...tree.keys()]))].toSorted();
}

async function collect(
  dir: string,
  prefix: string,
  skip: Skip,
  found: Map<string, FileEntry>,
): Promise<void> {
  const items = await reading(join(dir, prefix), (path) => readdir(path, { withFileTypes: true }));
  for (const item of items ?? []) {
    const path = prefix + item.name;
    if (skip(path)) continue;
    if (item.isDirectory()) {
      await collect(dir, `${path}/`, skip, found);
    } else if (item.isFile() || item.isSymbolicLink()) {
      const entry = await reading(join(dir, path), readEntry);
      if (entry) found.set(path, entry);
    }
  }
}

async function readEntry(path: string): Promise<FileEntry> {
  const stats = await lstat(path);
  const hash = createHash('sha256');
  if (stats.isSymbolicLink()) {
    hash.update(await readlink(path));
    return { kind: 'link', hash: hash.digest('hex'), executable: false };
  }
  await pipeline(createReadStream(path), hash);
  return { kind: 'file', hash: hash.digest('hex'), executable: (stats.mode & 0o100) !== 0 };
}

/** Undefined if the path does not exist. */
async function reading<T>(
  path: string,
  read: (path: string) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'EPERM')
      throw new WorkUnreadableError(path, { cause: error });
    throw error;
  }
}

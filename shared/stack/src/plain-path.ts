import { lstat, mkdir, readlink, rename, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asStateError } from './errors.ts';
import { checkoutId, type StackContext } from './state.ts';

/** Characters that no shell, configuration file or other program takes for anything else. */
const PLAIN = /^[\w./-]+$/;

/** The temporary folders of this machine. */
export const BASES = [...new Set([tmpdir(), '/var/tmp', '/tmp'])].filter((base) =>
  PLAIN.test(base),
);

/** Every path that `plainPath` may give a folder of this name. */
export function plainPaths(context: StackContext, name: string): readonly string[] {
  return BASES.map((base) => join(outside(context, base), name));
}

/**
 * A path to `dir` of ASCII letters, digits, `_`, `.`, `-` and `/` only: its own, or a link to it in a
 * temporary folder of this checkout. For a server that cannot be given every path.
 */
export async function plainPath(context: StackContext, name: string, dir: string): Promise<string> {
  if (PLAIN.test(dir)) return dir;
  let trouble: unknown;
  for (const base of BASES) {
    try {
      return await link(outside(context, base), name, dir);
    } catch (error) {
      trouble = error;
    }
  }
  throw asStateError(tmpdir(), trouble);
}

/** A folder of this checkout's own in a temporary folder. */
export function outside(context: StackContext, base: string): string {
  return join(base, `backend-labs-${checkoutId(context)}`);
}

async function link(folder: string, name: string, dir: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const { uid } = await lstat(folder);
  // Another user who made it first could lead the server to files of theirs.
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw Object.assign(new Error(`${folder} belongs to another user`), { code: 'EPERM' });
  }
  const path = join(folder, name);
  if ((await readlink(path).catch(() => undefined)) === dir) return path;
  const beside = `${path}.${process.pid}`;
  await symlink(dir, beside);
  await rename(beside, path);
  return path;
}

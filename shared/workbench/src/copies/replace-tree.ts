import { existsSync } from 'node:fs';
import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyAtomic, isTemporary } from './atomic.ts';
import { learnerFiles } from './editable.ts';
import { systemCode, writing } from './file-trouble.ts';
import { same, type Tree } from './files.ts';

/**
 * Makes a learner's folder have exactly the files of `tree`, which are copied from `from`. The folder
 * itself stays, so that shells and editors keep it open. Files that are already right are not touched.
 * If it is interrupted, a second call completes it.
 */
export async function replaceTree(dir: string, tree: Tree, from: string) {
  const present = await learnerFiles(dir);
  for (const [path, entry] of tree) {
    if (same(present.get(path), entry)) continue;
    await clearWay(dir, path);
    await copyAtomic(join(from, path), join(dir, path));
  }
  for (const path of (await learnerFiles(dir)).keys()) {
    if (!tree.has(path)) await removeFile(dir, path);
  }
}

/** Removes a file, and the folders below `dir` that are then empty. */
export async function removeFile(dir: string, path: string) {
  await writing(join(dir, path), async () => {
    await rm(join(dir, path), { force: true });
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
      try {
        await rmdir(join(dir, parent));
      } catch (error) {
        const code = systemCode(error);
        if (code === 'ENOTEMPTY' || code === 'EEXIST') return;
        if (code !== 'ENOENT') throw error;
      }
    }
  });
}

/** Removes temporary files that killed commands left behind. The caller holds the lock of the copy. */
export async function sweepTemporaries(dir: string) {
  if (!existsSync(dir)) return;
  const items = await readdir(dir, { withFileTypes: true });
  for (const item of items) {
    const path = join(dir, item.name);
    if (item.isDirectory() && item.name !== 'node_modules' && item.name !== '.git') {
      await sweepTemporaries(path);
    } else if (isTemporary(item.name)) {
      await writing(path, () => rm(path, { force: true }));
    }
  }
}

/** Removes a file or link that is where a folder must be, and the reverse. */
async function clearWay(dir: string, path: string) {
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const way = join(dir, ...parts.slice(0, depth));
    const isLast = depth === parts.length;
    const kind = await kindOf(way);
    if (kind === 'absent') return;
    if (isLast ? kind === 'folder' : kind === 'other') {
      await writing(way, () => rm(way, { recursive: true, force: true }));
      return;
    }
  }
}

async function kindOf(path: string): Promise<'absent' | 'folder' | 'other'> {
  try {
    return (await lstat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'absent';
    throw error;
  }
}

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { packageScripts } from '@backend-labs/launcher';

const CODE = new Set(['.ts', '.mts', '.js', '.mjs']);
const IGNORED = new Set(['node_modules', '.git', 'README.md']);
const PLAIN_NODE = /^node\s+(?:--?[\w=-]+\s+)*(?<entry>[\w./-]+)$/u;
// Any quoted relative path: too many files in the key cost a migration, too few cost a wrong verdict.
const RELATIVE = /['"`](?<path>\.{1,2}\/[^'"`\n]*)['"`]/gu;

/**
 * A key for what `npm run migrate` does to a database, or `undefined` when the target has no such
 * script. It covers all files of the target but the code that the script does not import, so that a
 * change to a route does not cost a new build of a million-row index.
 */
export async function migrationKey(target: string): Promise<string | undefined> {
  const { migrate } = await packageScripts(target);
  if (migrate === undefined) return undefined;
  const files = await filesOf(target);
  const entry = PLAIN_NODE.exec(migrate.trim())?.groups?.['entry'];
  const used =
    entry === undefined
      ? files
      : [
          ...files.filter((file) => !CODE.has(extname(file)) && file !== 'package.json'),
          ...(await reachable(target, entry, files)),
        ];
  const hash = createHash('sha256').update(migrate);
  for (const file of [...new Set(used)].toSorted()) {
    hash.update(`\0${file}\0`).update(await contentOf(join(target, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Files under `dir`, relative to it. */
async function filesOf(dir: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(dir, below), { withFileTypes: true });
  const found = entries
    .filter(({ name }) => !IGNORED.has(name))
    .map(async (entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return filesOf(dir, path);
      return (await isFile(join(dir, path))) ? [path] : [];
    });
  return (await Promise.all(found)).flat();
}

/** `entry` and the code that it names, directly or not, by a quoted relative path. */
async function reachable(target: string, entry: string, files: string[]): Promise<string[]> {
  const known = new Set(files);
  const seen = new Set<string>();
  const open = [relative(target, resolve(target, entry))];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file) || !known.has(file)) continue;
    seen.add(file);
    if (!CODE.has(extname(file))) continue;
    const text = (await contentOf(join(target, file))).toString('utf8');
    for (const { groups } of text.matchAll(RELATIVE)) {
      const named = relative(target, resolve(target, dirname(file), groups?.['path'] ?? '.'));
      // A named folder is read at run time: all its files count.
      open.push(named, ...files.filter((each) => each.startsWith(`${named}/`)));
    }
  }
  return [...seen];
}

// An editor's lock or swap file may be a dangling link, or gone between two looks.
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function contentOf(path: string): Promise<Buffer> {
  return readFile(path).catch(() => Buffer.alloc(0));
}

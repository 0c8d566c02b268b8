import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { serverNames } from '@backend-labs/stack';
import { packagesOf } from './packages.ts';

/** What every verdict depends on, beside the code. */
export const MACHINE = ['tsconfig.base.json', 'infra/toolchain.json'];

/** A server's settings, and the code that starts and leases it. */
const OF_SERVER = new RegExp(
  `^(?:infra|shared/stack/src/servers)/(${serverNames().join('|')})/`,
  'u',
);

/** The server that a file belongs to; undefined for a file of no server, or of all. */
export function serverOf(path: string): string | undefined {
  return OF_SERVER.exec(path)?.[1];
}

/**
 * Paths of files below `root`, sorted, with `/` on every system. Installed packages are never among them.
 *
 * @param patterns globs; a name that begins with a dot needs a pattern that names the dot.
 */
export function filesOf(root: string, patterns: readonly string[]): string[] {
  return globSync(patterns, {
    cwd: root,
    withFileTypes: true,
    exclude: ({ name }) => name === 'node_modules',
  })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted();
}

/**
 * SHA-256 over paths and contents of files, with LF line ends, and over the packages that some folders
 * of the workspace run with, as 32 hexadecimal digits.
 *
 * @param importers folders, as pnpm-lock.yaml names them.
 */
export function digestOfFiles(
  root: string,
  paths: readonly string[],
  importers: readonly string[],
): string {
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
  const hash = createHash('sha256').update(`${packagesOf(lock, importers).join('\n')}\0`);
  for (const path of paths) {
    const text = readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${path}\0${text.length}\0${text}\0`);
  }
  return hash.digest('hex').slice(0, 32);
}

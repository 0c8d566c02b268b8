// @ts-check
// The checks of every run. They are small, and separate from the code that only an install needs,
// which would take longer to load than these checks run.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { BootstrapFailure, asSystemError } from './failure.mjs';

/**
 * @typedef {{ name: string, binary: string, integrity?: string }} PinnedPackage
 * The npm package with the program for one platform, the program's path in it, and the hash that npm
 * must find. Without a hash, npm checks only the registry's own.
 *
 * @typedef {{ version: string, megabytes: number, packages: Record<string, PinnedPackage> }} PinnedTool
 * One entry of `infra/toolchain.json`.
 *
 * @typedef {{ name: 'node' | 'pnpm', version: string, platform: string, home: string,
 *   program: string }} Tool
 * The place of a pinned tool: the folder `<name>-<version>-<platform>/` with the program in `bin/`, and
 * `stamp.json`, which is written after the program ran once.
 *
 * @typedef {{ key: string, files: [string, number][] }} PackagesStamp
 * The inputs of the last install, and the package.json (path from the root, bytes) of every package
 * that it installed.
 */

/**
 * @param {'node' | 'pnpm'} name
 * @param {string} version
 * @param {string} toolchainDir
 * @returns {Tool}
 */
export function locateTool(name, version, toolchainDir) {
  const platform = platformKey();
  const home = path.join(toolchainDir, `${name}-${version}-${platform}`);
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return { name, version, platform, home, program: path.join(home, 'bin', file) };
}

function platformKey() {
  const key = `${process.platform}-${process.arch}`;
  // Only pnpm is published for musl. We look for glibc's loader, because asking Node takes long.
  const glibc = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' };
  const loader = /** @type {Record<string, string>} */ (glibc)[process.arch];
  const musl = process.platform === 'linux' && loader !== undefined && !fs.existsSync(loader);
  return musl ? `${key}-musl` : key;
}

/**
 * @param {Tool} tool
 * @returns {boolean}
 */
export function toolIsWhole({ home, program, version }) {
  try {
    const stamp = JSON.parse(fs.readFileSync(path.join(home, 'stamp.json'), 'utf8'));
    return stamp.version === version && stamp.bytes === fs.statSync(program).size;
  } catch {
    return false;
  }
}

/**
 * @param {string} root
 * @returns {boolean} Whether the installed packages match the lock file and the package.json files.
 * @throws {BootstrapFailure} BROKEN_CHECKOUT
 */
export function packagesAreWhole(root) {
  const { key } = inputs(root);
  try {
    /** @type {PackagesStamp} */
    const stamp = JSON.parse(fs.readFileSync(stampFile(root), 'utf8'));
    if (stamp.key !== key) return false;
    return stamp.files.every(
      ([file, bytes]) =>
        fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.size === bytes,
    );
  } catch {
    return false;
  }
}

/**
 * @param {string} root
 * @returns {string}
 */
export function stampFile(root) {
  // In node_modules, so that it is deleted together with it.
  return path.join(root, 'node_modules', '.labs-installed.json');
}

/**
 * @param {string} root
 * @returns {{ key: string, folders: string[] }} A hash of everything that decides which packages
 *   are installed, and the folders of the workspace.
 */
export function inputs(root) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  /** @param {string} file */
  const add = (file) => {
    const text = fs.readFileSync(path.join(root, file));
    hash.update(`${file} ${text.length}\n`).update(text);
    return text;
  };
  try {
    const folders = workspaceFolders(root, String(add('pnpm-workspace.yaml')));
    add('pnpm-lock.yaml');
    for (const folder of folders) add(path.posix.join(folder, 'package.json'));
    return { key: hash.digest('hex'), folders };
  } catch (error) {
    const trouble = asSystemError(error);
    if (trouble?.code !== 'ENOENT' || !trouble.path) throw error;
    const name = path.relative(root, trouble.path);
    throw new BootstrapFailure(
      'BROKEN_CHECKOUT',
      `${name} is missing`,
      `Run \`git checkout -- ${name}\` and try again`,
    );
  }
}

/**
 * @param {string} root
 * @param {string} yaml Its `packages:` may hold `dir` and `dir/*`, as this repository's does.
 * @returns {string[]} With forward slashes, sorted; the root is `.`.
 */
function workspaceFolders(root, yaml) {
  const block = /^packages:\r?\n((?:[ \t]+-.*\n?)*)/m.exec(yaml)?.[1] ?? '';
  const patterns = [...block.matchAll(/-\s*['"]?([^'"\s]+)/g)].map((match) => match[1] ?? '');
  const folders = patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    const full = path.join(root, parent);
    if (!fs.existsSync(full)) return [];
    return fs
      .readdirSync(full)
      .filter((name) => fs.existsSync(path.join(full, name, 'package.json')))
      .map((name) => `${parent}/${name}`);
  });
  folders.sort((one, other) => (one < other ? -1 : 1));
  return ['.', ...folders];
}

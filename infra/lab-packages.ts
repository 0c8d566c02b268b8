import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

export const ROOT = resolve(import.meta.dirname, '..');

/** The parts of a package.json that name other packages. */
export interface Manifest {
  readonly name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** Folders of the labs that can be built into an image, and of what `labs new` makes, from the root. */
export function labFolders(): string[] {
  return globSync('{labs/*,shared/cli/skeleton}/Dockerfile', { cwd: ROOT })
    .map((path) => path.replace(/.Dockerfile$/u, ''))
    .toSorted();
}

/** The version of each package that the workspace's catalog names. */
export function catalogVersions(): Readonly<Record<string, string>> {
  const text = readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8');
  return (parse(text) as { catalog: Record<string, string> }).catalog;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

/** `express in version 5.2.0, which the catalog has in 5.3.0`, a line for each thing to bring up to date. */
export function faultsOf(folder: string, versions = catalogVersions()): string[] {
  const manifest = readManifest(folder);
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
  const faults = Object.entries(wanted).flatMap(([name, version]) =>
    version === versions[name]
      ? []
      : [`package.json: ${name} ${version}; the catalog has ${versions[name] ?? 'none'}`],
  );
  const lock = readLock(folder);
  if (lock === undefined) return [...faults, 'there is no package-lock.json'];
  for (const [name, version] of Object.entries(wanted)) {
    const locked = lock.packages[`node_modules/${name}`]?.version ?? 'none';
    if (locked !== version)
      faults.push(`package-lock.json: ${name} ${locked}; package.json has ${version}`);
  }
  for (const part of ['dependencies', 'devDependencies'] as const)
    if (JSON.stringify(lock.packages['']?.[part]) !== JSON.stringify(manifest[part]))
      faults.push(`package-lock.json: other ${part} than package.json`);
  return faults;
}

interface Lock {
  readonly packages: Record<string, Partial<Manifest> & { version?: string; resolved?: string }>;
}

function readLock(folder: string): Lock | undefined {
  const path = join(ROOT, folder, 'package-lock.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Lock) : undefined;
}

/**
 * Brings a lab's package.json to the versions of the catalog, and its package-lock.json up to date.
 * An image is built of the lab's folder alone, where pnpm's catalog and lock file are out of reach.
 */
function update(folder: string, versions: Readonly<Record<string, string>>): void {
  const manifest = readManifest(folder);
  for (const packages of [manifest.dependencies ?? {}, manifest.devDependencies ?? {}])
    for (const name of Object.keys(packages)) packages[name] = versions[name] ?? 'catalog:';
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  // Elsewhere, because pnpm's node_modules confuses npm.
  const dir = mkdtempSync(join(tmpdir(), 'labs-lock-'));
  try {
    writeFileSync(join(dir, 'package.json'), text);
    const words = ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', words, { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
    const lock = JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8')) as Lock;
    // The checksum says what a package is. Where it comes from is for each user's npm to know.
    for (const entry of Object.values(lock.packages)) delete entry.resolved;
    writeFileSync(join(ROOT, folder, 'package.json'), text);
    writeFileSync(join(ROOT, folder, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const versions = catalogVersions();
  for (const folder of labFolders()) {
    if (faultsOf(folder, versions).length === 0) continue;
    update(folder, versions);
    console.log(`${folder}: brought up to date with the catalog`);
  }
}

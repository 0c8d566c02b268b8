import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import { packagesOf } from './packages.ts';
import { PROOF } from './record.ts';

/** What every lab's verdicts depend on, beside the lab itself. */
const PACKAGES = ['catalog', 'launcher', 'protocol', 'runner', 'stack', 'testkit'];
const COMMON = [
  'tsconfig.base.json',
  'infra/toolchain.json',
  'infra/{kafka,postgres,rabbitmq,redis}/**/*',
  `shared/{${PACKAGES.join()}}/{src/**/*,package.json}`,
];

/** What no verdict depends on. The ticket is not among it: the points are read from there. */
const BESIDE = new Set([
  'hints.md',
  'DEBRIEF.md',
  'MEASUREMENTS.md',
  'SOLUTION.md',
  'interview.md',
  'mutants.yaml',
  'variant.yaml',
  'variants',
]);

/**
 * A digest of everything that the verdicts of a lab depend on: SHA-256 over the paths and contents of
 * files, with LF line ends, and over the packages that they run with, as 32 hexadecimal digits.
 */
export function digestOf(root: string, lab: Pick<Lab, 'dir'>): string {
  const own = relative(root, lab.dir).replaceAll('\\', '/');
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
  const importers = [own, ...PACKAGES.map((name) => `shared/${name}`)];
  const hash = createHash('sha256').update(`${packagesOf(lock, importers).join('\n')}\0`);
  // Without the second one, `.dockerignore` and the like are left out.
  for (const path of filesOf(root, [...COMMON, `${own}/**/*`, `${own}/**/.*`])) {
    const text = readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${path}\0${text.length}\0${text}\0`);
  }
  return hash.digest('hex').slice(0, 32);
}

function filesOf(root: string, patterns: readonly string[]): string[] {
  return globSync(patterns, {
    cwd: root,
    withFileTypes: true,
    exclude: ({ name }) => name === 'node_modules' || name === PROOF || BESIDE.has(name),
  })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted();
}

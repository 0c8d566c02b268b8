import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { digestOfFiles, filesOf, MACHINE } from './files.ts';
import { PROOF } from './record.ts';

/** Packages whose unit tests read no lab of this repository, and the packages that they run. */
const WITHOUT_LABS: Readonly<Record<string, readonly string[]>> = {
  launcher: ['launcher', 'protocol'],
  runner: ['catalog', 'launcher', 'protocol', 'runner', 'stack', 'testkit'],
  stack: ['protocol', 'stack'],
  testkit: ['launcher', 'protocol', 'stack', 'testkit'],
};

const recordSchema = z.object({ proof: z.literal(1), suites: z.record(z.string(), z.string()) });

/** Digests of packages whose unit tests all passed, by the package's folder in `shared/`. */
export type SuiteRecord = Readonly<Record<string, string>>;

/** The packages that have unit tests, with a digest of everything that these depend on. */
export function suiteDigests(root: string): Map<string, string> {
  const tested = new Set(filesOf(root, ['shared/*/test/**/*.test.ts']).map(packageOf));
  return new Map([...tested].map((name) => [name, suiteDigest(root, name)]));
}

/** What `npm test -- --write` recorded last; empty when there is nothing that can be read. */
export function readSuites(root: string): SuiteRecord {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(fileOf(root), 'utf8'))).suites;
  } catch {
    return {};
  }
}

export function writeSuites(root: string, suites: SuiteRecord): void {
  writeFileSync(fileOf(root), `${JSON.stringify({ proof: 1, suites }, undefined, 2)}\n`);
}

/**
 * The test files that a run needs: of each proven package one, drawn by `seed`, and all others.
 *
 * @param proven packages whose record is up to date.
 * @param seed the same draws the same files, so that a red sample can be repeated.
 */
export function unitTestFiles(root: string, proven: ReadonlySet<string>, seed: string): string[] {
  const rank = (path: string): string =>
    createHash('sha256').update(`${seed}\0${path}`).digest('hex');
  const files = filesOf(root, ['shared/*/test/**/*.test.ts', 'infra/test/**/*.test.ts']);
  const drawn = [...proven].flatMap((name) =>
    files
      .filter((path) => packageOf(path) === name)
      .toSorted((a, b) => rank(a).localeCompare(rank(b)))
      .slice(0, 1),
  );
  return files.filter((path) => drawn.includes(path) || !proven.has(packageOf(path)));
}

/** `shared/stack/test/lease.test.ts` is of `stack`. What is not in `shared/` has no package. */
export function packageOf(path: string): string {
  return /^shared\/([^/]+)\//u.exec(path)?.[1] ?? '';
}

function suiteDigest(root: string, name: string): string {
  const needs = WITHOUT_LABS[name];
  const shared = needs ? `{${needs.join()}}` : '*';
  const patterns = [
    ...MACHINE,
    'vitest.config.ts',
    'docker-compose.yml',
    'infra/**/*',
    `shared/${shared}/{src/**/*,package.json}`,
    `shared/${name}/test/**/*`,
    ...(needs ? [] : ['labs/**/*', 'labs/**/.*']),
  ];
  const paths = filesOf(root, patterns).filter(
    (path) => !path.endsWith(`/${PROOF}`) && !/^infra\/(?:test|prose)\//u.test(path),
  );
  const importers = needs?.map((need) => `shared/${need}`) ?? importersOf(root);
  return digestOfFiles(root, paths, ['.', ...importers]);
}

function importersOf(root: string): string[] {
  return filesOf(root, ['{labs,shared}/*/package.json']).map((path) =>
    path.slice(0, path.lastIndexOf('/')),
  );
}

function fileOf(root: string): string {
  return join(root, 'shared', PROOF);
}

import {
  packageOf,
  readSuites,
  suiteDigests,
  unitTestFiles,
  writeSuites,
} from '@backend-labs/runner';
import type { Context } from './context.ts';
import { currentCommit } from './git.ts';
import { type Tally, unitTests, type UnitTestFile } from './tools.ts';

export interface SuitesOptions {
  /** Also the tests of packages whose record is up to date. */
  readonly full: boolean;
  /** Record the packages whose tests all passed. */
  readonly write: boolean;
}

/**
 * The unit tests, as a step of `npm test`. Of a package whose tests have passed since anything changed
 * that they depend on, one file is run. Each commit draws another, so that in time every file runs.
 */
export function unitTestStep(
  context: Context,
  { full, write }: SuitesOptions,
): { readonly name: string; readonly run: () => Promise<Tally> } {
  const { root } = context;
  const before = suiteDigests(root);
  const recorded = readSuites(root);
  const upToDate = [...before].filter(([name, digest]) => !full && recorded[name] === digest);
  const proven = new Set(upToDate.map(([name]) => name));
  const sampled = `a sample of ${proven.size} of ${before.size} packages: their proof is up to date`;
  return {
    name: proven.size > 0 ? `unit tests (${sampled})` : 'unit tests',
    run: async () => {
      const paths = unitTestFiles(root, proven, (await currentCommit(root)) ?? '');
      const files = await unitTests(context, paths);
      const sound = [...before.keys()].filter(
        (name) => proven.has(name) || allPassed(name, paths, files),
      );
      if (write) record(root, before, sound);
      return sum(files);
    },
  };
}

/** A package that was changed while its tests ran was not seen as it is now. */
function record(root: string, before: ReadonlyMap<string, string>, sound: readonly string[]): void {
  const now = suiteDigests(root);
  const unchanged = sound.flatMap((name) => {
    const digest = now.get(name);
    return digest !== undefined && digest === before.get(name) ? [[name, digest] as const] : [];
  });
  writeSuites(root, Object.fromEntries(unchanged));
}

function allPassed(
  name: string,
  paths: readonly string[],
  files: readonly UnitTestFile[],
): boolean {
  return paths
    .filter((path) => packageOf(path) === name)
    .every((path) =>
      files.some((file) => file.path === path && file.failed === 0 && file.skipped === 0),
    );
}

function sum(files: readonly Tally[]): Tally {
  const total = (key: keyof Tally) => files.reduce((so, file) => so + file[key], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}

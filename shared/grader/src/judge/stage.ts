import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadLab, type Lab } from '@backend-labs/catalog';
import type { Pack } from '@backend-labs/protocol';
import type { Files } from '../pack/toolchain.ts';
import { checkPackages } from '../packages/check.ts';
import { installPackages } from '../packages/install.ts';
import { newNames } from '../packages/new-names.ts';

/** A submission laid out to be judged. */
export interface Stage {
  /** The pack's lab, with its tasks only. */
  readonly lab: Lab;
  /** The folder of the candidate's files. */
  readonly target: string;
  /** What the candidate's programs may read beside it. */
  readonly readable: readonly string[];
}

/**
 * Lays out the pack's lab and the candidate's files, apart from each other. All packages are those of
 * this checkout, unless the pack allows new ones and the candidate has some.
 *
 * @param dir an empty folder. @param root this checkout.
 * @throws GraderError `BAD_PACKAGES`, `NO_PACKAGES`.
 */
export async function layOutStage(
  dir: string,
  root: string,
  pack: Pack,
  pristine: Files,
  taken: Files,
): Promise<Stage> {
  const labDir = join(dir, pack.lab);
  const prefix = `labs/${pack.lab}/`;
  for (const [path, bytes] of pristine) {
    if (path.startsWith(prefix)) write(join(labDir, path.slice(prefix.length)), bytes);
  }
  const target = join(dir, 'submission');
  for (const [path, bytes] of taken) write(join(target, path), bytes);
  const packages = join(root, 'labs', pack.lab, 'node_modules');
  symlinkSync(packages, join(labDir, 'node_modules'));
  const own = await ownPackages(join(dir, 'packages'), pack, pristine, taken);
  symlinkSync(own ?? packages, join(target, 'node_modules'));
  // The state folder may be outside of the checkout, where the tests would not find the testkit.
  mkdirSync(join(dir, 'node_modules'));
  const ours = join(root, 'node_modules', '@backend-labs');
  symlinkSync(ours, join(dir, 'node_modules', '@backend-labs'));
  const lab = loadLab(labDir, dir);
  const tasks = lab.tasks.filter(({ number }) => pack.tasks.includes(number));
  const readable = [
    join(root, 'node_modules', '.pnpm'),
    packages,
    ...(own === undefined ? [] : [own]),
  ];
  return { lab: { ...lab, tasks }, target, readable };
}

/** The folder with the candidate's packages; undefined: the lab's will do. */
async function ownPackages(
  dir: string,
  pack: Pack,
  pristine: Files,
  taken: Files,
): Promise<string | undefined> {
  const starter = pristine.get(`work/${pack.lab}/package.json`);
  const added = newNames(taken.get('package.json'), starter);
  if (pack.newPackages !== 'allowed' || added.length === 0) return undefined;
  return installPackages(dir, checkPackages(taken));
}

function write(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

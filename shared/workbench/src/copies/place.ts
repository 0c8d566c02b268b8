import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { WorkMisplacedError } from './errors.ts';

/** The part of a lab that this folder needs. */
export interface LabFolder {
  /** E.g. `01-query-plans`. */
  readonly id: string;
  /** Absolute path of the lab in the catalogue. */
  readonly dir: string;
}

/** The learner's folders. All paths are absolute. */
export interface WorkPlace {
  /** The folder with one copy for each lab. */
  readonly workRoot: string;
  /** The `.labs` folder. */
  readonly stateDir: string;
}

export interface WorkRootRequest {
  /** The root of this repository. */
  readonly root: string;
  /** The value of `--work`, when given; relative to `cwd`. */
  readonly flag?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/**
 * The folder of the copies: `--work`, or `LABS_WORK` (relative to the repository, so that it means the
 * same from every folder), or `work` in the repository.
 *
 * @throws WorkMisplacedError for a folder that is not the learner's, or that may be deleted at any
 *   time.
 */
export function workRoot(request: WorkRootRequest): string {
  const { root, flag, env = process.env, cwd = process.cwd() } = request;
  const chosen = flag
    ? resolve(cwd, flag)
    : env.LABS_WORK
      ? resolve(root, env.LABS_WORK)
      : join(root, 'work');
  const real = realPathOf(chosen);
  for (const [name, reason] of [
    ['labs', 'it is the catalogue, which must not change'],
    ['shared', 'it has the code of the labs command'],
    ['.labs', 'that folder may be deleted at any time'],
    ['node_modules', 'an install would empty it'],
    ['.git', 'it belongs to git'],
  ] as const) {
    if (isInside(real, realPathOf(join(root, name)))) throw new WorkMisplacedError(chosen, reason);
  }
  return chosen;
}

/** The folder of a lab's copy. */
export function copyDir(lab: LabFolder, place: WorkPlace): string {
  return join(place.workRoot, lab.id);
}

/** The folder of a lab's saved attempts. */
export function attemptsDir(lab: LabFolder, place: WorkPlace): string {
  return join(place.stateDir, 'attempts', lab.id);
}

/** The folder with the starters that copies were made from. */
export function baseDir(lab: LabFolder, place: WorkPlace): string {
  return join(place.stateDir, 'base', lab.id);
}

/**
 * Distinguishes copies of one lab in several work folders. It is a hash of the path from the state
 * folder to the copy, so that it stays the same if the repository moves.
 */
export function copyKey(lab: LabFolder, place: WorkPlace): string {
  const way = relative(place.stateDir, copyDir(lab, place)).split(sep).join('/');
  return createHash('sha256').update(way).digest('hex').slice(0, 12);
}

/** `path` with links resolved in the part that exists. */
export function realPathOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPathOf(parent), basename(path));
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

import { lstat, mkdir, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { temporaryFor } from './atomic.ts';
import { systemCode, writing } from './file-trouble.ts';
import { copyDir, realPathOf, type LabFolder, type WorkPlace } from './place.ts';

/**
 * Gives a copy the packages of its lab without an install: `node_modules` links to the lab's folder.
 * The link is relative if both are in the repository, which may then be moved; otherwise it is
 * absolute. A link to another place is replaced. A folder, which the learner's own install made, is
 * left alone.
 *
 * @param dir The folder that gets the link: the copy, or the temporary folder in which it is made.
 */
export async function linkPackages(lab: LabFolder, place: WorkPlace, dir: string) {
  const link = join(dir, 'node_modules');
  const packages = join(lab.dir, 'node_modules');
  const target = linkTarget(lab, place, packages);
  const present = await presentTarget(link);
  if (present === 'not a link') return;
  if (present !== undefined && (await leadsTo(link, present, packages))) return;
  await writing(link, async () => {
    await mkdir(dir, { recursive: true });
    const temporary = temporaryFor(link);
    // On Windows every user may make junctions, but not symbolic links. Other systems ignore the type.
    await symlink(target, temporary, 'junction');
    if (present !== undefined && process.platform === 'win32') await rm(link, { force: true });
    await rename(temporary, link);
  });
}

function linkTarget(lab: LabFolder, place: WorkPlace, packages: string): string {
  if (process.platform === 'win32') return packages;
  const root = realPathOf(dirname(dirname(lab.dir)));
  const copy = realPathOf(copyDir(lab, place));
  const inRepository = !relative(root, copy).startsWith('..');
  return inRepository ? relative(copy, realPathOf(packages)) : packages;
}

async function presentTarget(link: string): Promise<string | undefined> {
  try {
    return (await lstat(link)).isSymbolicLink() ? await readlink(link) : 'not a link';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Also true of a link to the right place before packages are installed there. */
async function leadsTo(link: string, target: string, packages: string): Promise<boolean> {
  try {
    return (await realpath(link)) === realPathOf(packages);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return realPathOf(resolve(realPathOf(dirname(link)), target)) === realPathOf(packages);
  }
}

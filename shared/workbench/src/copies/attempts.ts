import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { copyAtomic, syncFolder, writeAtomic } from './atomic.ts';
import { readRecord, treeSchema, treeToJson } from './base.ts';
import { learnerFiles } from './editable.ts';
import { AttemptUnknownError, CopyAbsentError, WorkChangedError } from './errors.ts';
import { systemCode, writing } from './file-trouble.ts';
import { fingerprint, type Tree } from './files.ts';
import { sweepTemporaries } from './replace-tree.ts';
import { attemptsDir, copyDir, realPathOf, type LabFolder, type WorkPlace } from './place.ts';

/** Folder names: a UTC time without colons, which Windows forbids, and a number within the second. */
const NAME = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z(?:-(\d+))?$/;
const HALF_MADE = '.half-made';

export interface Attempt {
  readonly path: string;
  readonly savedAt: Date;
}

/**
 * Saves all of the learner's files, byte for byte, to `.labs/attempts/<lab>/<UTC time>[-n]/`. Only a
 * complete attempt gets that name. The caller holds the lock of the copy.
 *
 * @returns The folder.
 * @throws CopyAbsentError; WorkChangedError if a file changed while it was copied;
 *   WorkUnreadableError, DiskFullError, WorkReadOnlyError.
 */
export async function storeAttempt(
  lab: LabFolder,
  place: WorkPlace,
  now = new Date(),
): Promise<string> {
  const work = copyDir(lab, place);
  await sweepTemporaries(work);
  const files = await learnerFiles(work);
  if (files.size === 0) throw new CopyAbsentError(lab.id);
  const folder = attemptsDir(lab, place);
  const halfMade = join(folder, HALF_MADE);
  const path = freeName(folder, now);
  try {
    await writing(halfMade, async () => {
      await rm(halfMade, { recursive: true, force: true });
      await mkdir(halfMade, { recursive: true });
    });
    await copyFiles(lab, files, work, halfMade);
    await saveBase(lab, place, path);
    await writing(path, () => rename(halfMade, path));
    await syncFolder(folder);
  } catch (error) {
    await rm(halfMade, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  return path;
}

/** The saved attempts of a lab, oldest first. */
export async function listAttempts(lab: LabFolder, place: WorkPlace): Promise<Attempt[]> {
  const folder = attemptsDir(lab, place);
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const [, day, hours, minutes, seconds, number = '0'] = NAME.exec(name) ?? [];
      if (day === undefined) return [];
      const savedAt = new Date(`${day}T${hours}:${minutes}:${seconds}Z`);
      return [{ path: join(folder, name), savedAt, number: Number(number) }];
    })
    .toSorted((a, b) => a.savedAt.getTime() - b.savedAt.getTime() || a.number - b.number)
    .map(({ path, savedAt }) => ({ path, savedAt }));
}

/**
 * Finds the attempt that a learner named: by path, or by the name of its folder alone.
 *
 * @throws AttemptUnknownError
 */
export async function findAttempt(
  lab: LabFolder,
  place: WorkPlace,
  named: string,
): Promise<string> {
  const folder = attemptsDir(lab, place);
  const wanted = realPathOf(existsSync(named) ? resolve(named) : join(folder, basename(named)));
  for (const { path } of await listAttempts(lab, place)) {
    if (realPathOf(path) === wanted) return path;
  }
  throw new AttemptUnknownError(named, folder);
}

/** The starter's files that an attempt was made from; undefined if they are not known. */
export async function attemptBase(path: string): Promise<Tree | undefined> {
  try {
    return baseSchema.parse(JSON.parse(await readFile(`${path}.json`, 'utf8'))).base;
  } catch (error) {
    const isAbsentOrDamaged =
      systemCode(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof z.ZodError;
    if (isAbsentOrDamaged) return undefined;
    throw error;
  }
}

const baseSchema = z.object({ schema: z.literal(1), base: treeSchema });

async function saveBase(lab: LabFolder, place: WorkPlace, path: string) {
  const record = await readRecord(lab, place);
  if (record === undefined) return;
  const json = { schema: 1, lab: lab.id, base: treeToJson(record.files) };
  await writeAtomic(`${path}.json`, `${JSON.stringify(json, undefined, 2)}\n`);
}

async function copyFiles(lab: LabFolder, files: Tree, from: string, to: string) {
  const folders = new Set([to]);
  for (const path of files.keys()) {
    try {
      await copyAtomic(join(from, path), join(to, path));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') throw new WorkChangedError(lab.id);
      throw error;
    }
    folders.add(dirname(join(to, path)));
  }
  const saved = await learnerFiles(to);
  const isWhole = [...files].every(([path, { hash }]) => saved.get(path)?.hash === hash);
  const isUnchanged = fingerprint(await learnerFiles(from)) === fingerprint(files);
  if (!isWhole || !isUnchanged) throw new WorkChangedError(lab.id);
  for (const folder of folders) await syncFolder(folder);
}

function freeName(folder: string, now: Date): string {
  const name = `${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  for (let n = 1; ; n += 1) {
    const path = join(folder, n === 1 ? name : `${name}-${n}`);
    if (!existsSync(path)) return path;
  }
}

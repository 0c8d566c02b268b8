import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { copyAtomic, writeAtomic } from './atomic.ts';
import { systemCode } from './file-trouble.ts';
import type { FileEntry, Tree } from './files.ts';
import { baseDir, copyKey, type LabFolder, type WorkPlace } from './place.ts';

/** What we record about one copy, in `.labs/base/<lab>/<key>.json`. */
export interface CopyRecord {
  /** For each path, the starter's file that the learner's file was made from: the base of a merge. */
  readonly files: Tree;
  /** The version of the starter whose merge the learner declined. */
  readonly declined?: string | undefined;
  /** While the copy is being replaced: where its old files are saved, if it had any. */
  readonly replacing?: { readonly attempt?: string | undefined } | undefined;
}

const entrySchema = z.object({
  kind: z.enum(['file', 'link']),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  executable: z.boolean(),
});

/** A tree as JSON: an object by path. */
export const treeSchema = z
  .record(z.string(), entrySchema)
  .transform((files): Tree => new Map(Object.entries(files)));

const recordSchema = z.object({
  schema: z.literal(1),
  files: treeSchema,
  declined: z.string().optional(),
  replacing: z.object({ attempt: z.string().optional() }).optional(),
});

/** The record of the copy; undefined if `.labs` was deleted or the record is damaged. */
export async function readRecord(
  lab: LabFolder,
  place: WorkPlace,
): Promise<CopyRecord | undefined> {
  try {
    const { schema: _, ...record } = recordSchema.parse(
      JSON.parse(await readFile(recordPath(lab, place), 'utf8')),
    );
    return record;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    // Without a record, at worst one merge is not offered: see `ensureCopy`.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

export async function writeRecord(lab: LabFolder, place: WorkPlace, record: CopyRecord) {
  const json = { schema: 1, lab: lab.id, ...record, files: treeToJson(record.files) };
  await writeAtomic(recordPath(lab, place), `${JSON.stringify(json, undefined, 2)}\n`);
}

/** The reverse of `treeSchema`. */
export function treeToJson(tree: Tree): Record<string, FileEntry> {
  return Object.fromEntries(tree);
}

/** Stores the contents of a starter's files, each once under its hash, for later merges. */
export async function keepContents(lab: LabFolder, place: WorkPlace, starter: Tree) {
  for (const [path, entry] of starter) {
    if (entry.kind === 'link') continue;
    const kept = contentsPath(lab, place, entry);
    if (!existsSync(kept)) await copyAtomic(join(lab.dir, path), kept);
  }
}

/** The bytes of a file of the base; undefined if they were deleted, or for a link. */
export async function baseContents(
  lab: LabFolder,
  place: WorkPlace,
  entry: FileEntry | undefined,
): Promise<Buffer | undefined> {
  if (entry?.kind !== 'file') return undefined;
  try {
    return await readFile(contentsPath(lab, place, entry));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function recordPath(lab: LabFolder, place: WorkPlace): string {
  return join(baseDir(lab, place), `${copyKey(lab, place)}.json`);
}

function contentsPath(lab: LabFolder, place: WorkPlace, entry: FileEntry): string {
  return join(baseDir(lab, place), 'files', entry.hash);
}

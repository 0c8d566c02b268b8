import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../folder/write.ts';

const leftOutSchema = z.object({
  path: z.string(),
  why: z.enum(['changed', 'added', 'missing', 'not a file', 'too large', 'too many']),
});

const commitSchema = z.object({
  id: z.string(),
  at: z.string(),
  subject: z.string(),
  changes: z.string(),
});

/** What a collect found. */
const collectedSchema = z.discriminatedUnion('found', [
  z.object({
    found: z.literal('work'),
    /** Of a git repository, with the time of its author's clock. */
    commit: z.string().exactOptional(),
    at: z.string().exactOptional(),
    lateSeconds: z.number(),
    /** Of the files that are judged. */
    digest: z.string(),
    history: z.array(commitSchema).readonly(),
    leftOut: z.array(leftOutSchema).readonly(),
  }),
  z.object({ found: z.literal('nothing'), why: z.string() }),
]);

/** `submission.json`. */
export const collectionSchema = z.object({
  collected: collectedSchema,
  /** When. ISO 8601, UTC. */
  on: z.string(),
  /** The last instant at which a commit counted. */
  closes: z.string(),
});

/** `trouble.json`: why the last collect could not read the repository. */
const troubleSchema = z.object({ why: z.string(), on: z.string() });

export type Collection = z.infer<typeof collectionSchema>;
export type Collected = Collection['collected'];
export type Work = Extract<Collected, { found: 'work' }>;

const FILE = 'submission.json';
const TROUBLE = 'trouble.json';

/** @param dir the folder of the submission. */
export function readCollection(dir: string): Collection | undefined {
  return readJson(join(dir, FILE), collectionSchema);
}

export function writeCollection(dir: string, collection: Collection): void {
  writeJson(join(dir, FILE), collection);
}

/** Why the last collect could not read the repository, if it could not. */
export function readTrouble(dir: string): string | undefined {
  return readJson(join(dir, TROUBLE), troubleSchema)?.why;
}

export function writeTrouble(dir: string, why: string): void {
  writeJson(join(dir, TROUBLE), { why, on: new Date().toISOString() });
}

export const troubleFile = (dir: string): string => join(dir, TROUBLE);
export const filesDir = (dir: string): string => join(dir, 'files');

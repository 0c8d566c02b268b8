import { gunzipSync, gzipSync } from 'node:zlib';
import type { ReadSubmission } from '@backend-labs/grader';
import { gradeResultSchema } from '@backend-labs/protocol';
import { z } from 'zod';

/** Compressed bytes of one submission or pack that the queue takes. */
export const MOST_BYTES = 16 * 1024 ** 2;
/** Bytes that they may unpack to. */
const MOST_UNPACKED = 256 * 1024 ** 2;

const filesSchema = z.array(z.tuple([z.string(), z.string()]));

const submissionSchema = z.object({
  files: filesSchema,
  leftOut: z.array(
    z.object({
      path: z.string(),
      why: z.enum(['changed', 'added', 'missing', 'not a file', 'too large', 'too many']),
    }),
  ),
  commit: z.string().exactOptional(),
  history: z.array(
    z.object({ id: z.string(), at: z.string(), subject: z.string(), changes: z.string() }),
  ),
});

/** What a worker answers. */
const answerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('result'),
    result: gradeResultSchema,
    /** `verdicts.json` and `report.html`. */
    verdicts: z.string(),
    report: z.string(),
    worker: z.string(),
  }),
  /** The machine is at fault. */
  z.object({ kind: z.literal('fault'), why: z.string(), worker: z.string() }),
]);

/** The data of a job. */
export const jobSchema = z.object({
  lab: z.string(),
  seed: z.string(),
  /** Digest of the pack. */
  pack: z.string(),
  submission: z.string(),
});

export type Answer = z.infer<typeof answerSchema>;
export type JobData = z.infer<typeof jobSchema>;
type Files = ReadonlyMap<string, Buffer>;

export function packSubmission({ files, leftOut, commit, history }: ReadSubmission): string {
  const named = commit === undefined ? {} : { commit };
  return squeeze({ files: listed(files), leftOut, history, ...named });
}

export function unpackSubmission(text: string): ReadSubmission {
  const { files, ...rest } = submissionSchema.parse(expand(text));
  return { ...rest, files: unlisted(files) };
}

export const packFiles = (files: Files): string => squeeze(listed(files));
export const unpackFiles = (text: string): Files => unlisted(filesSchema.parse(expand(text)));

export const packAnswer = (answer: Answer): string => squeeze(answer);
export const unpackAnswer = (text: string): Answer => answerSchema.parse(expand(text));

function listed(files: Files): [string, string][] {
  return [...files].map(([path, bytes]) => [path, bytes.toString('base64')]);
}

function unlisted(files: readonly (readonly [string, string])[]): Files {
  return new Map(files.map(([path, bytes]) => [path, Buffer.from(bytes, 'base64')]));
}

function squeeze(value: unknown): string {
  return gzipSync(JSON.stringify(value)).toString('base64');
}

function expand(text: string): unknown {
  const bytes = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_UNPACKED });
  return JSON.parse(bytes.toString());
}

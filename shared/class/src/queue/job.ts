import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Work } from '../collect/record.ts';
import type { FiledAssignment } from '../folder/class-file.ts';
import { readJson, writeJson } from '../folder/write.ts';

/** `job.json` beside a result: the job that it is of. */
const doneSchema = z.object({ job: z.string(), submission: z.string(), round: z.number() });
/** `regrade.json`: a round that a person has asked for. */
const regradeSchema = z.object({ round: z.number() });
/** `fault.json`: why there is no result of this job. */
const faultSchema = z.object({ job: z.string(), why: z.string(), at: z.string() });

export type Done = z.infer<typeof doneSchema>;
export type Fault = z.infer<typeof faultSchema>;

/** @param dir the folder of the grades. */
export const readDone = (dir: string): Done | undefined =>
  readJson(join(dir, 'job.json'), doneSchema);
export const writeDone = (dir: string, done: Done): void => writeJson(join(dir, 'job.json'), done);

export const readFault = (dir: string): Fault | undefined =>
  readJson(join(dir, 'fault.json'), faultSchema);
export const writeFault = (dir: string, fault: Fault): void =>
  writeJson(join(dir, 'fault.json'), fault);

/** 0, and one more for each time that a person asked to grade again. */
export const roundOf = (dir: string): number =>
  readJson(join(dir, 'regrade.json'), regradeSchema)?.round ?? 0;
export const writeRound = (dir: string, round: number): void =>
  writeJson(join(dir, 'regrade.json'), { round });

/**
 * The digest of everything that a verdict depends on: the submission, the lab's pack, the seed. Each
 * regrade is a job of its own. BullMQ allows no `:`, and no id that is only digits.
 */
export function jobId(
  { digest, commit }: Pick<Work, 'digest' | 'commit'>,
  pack: string,
  { lab, seed }: Pick<FiledAssignment, 'lab' | 'seed'>,
  round: number,
): string {
  const parts = JSON.stringify([digest, commit ?? '', lab, pack, seed, round]);
  return `grade-${createHash('sha256').update(parts).digest('hex').slice(0, 40)}`;
}

/** Which submission a result is about. */
export function keyOf(work: Pick<Work, 'digest' | 'commit'> | undefined): string {
  return work ? `${work.digest} ${work.commit ?? ''}` : '';
}

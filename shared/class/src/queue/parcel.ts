import { readPristine, readSubmission, takeWork } from '@backend-labs/grader';
import { filesDir } from '../collect/record.ts';
import type { Layout } from '../folder/layout.ts';
import type { Entry } from '../read-class.ts';
import { type JobData, MOST_BYTES, packFiles, packSubmission } from './wire.ts';

/** Everything that a worker on another machine needs for one job. */
export interface Parcel {
  readonly data: JobData;
  /** The files of the pack. It is the same for many jobs. */
  readonly pack: () => string;
}

/** @returns a fault, in one line, when the submission cannot be put on the queue. */
export async function parcelOf(
  layout: Layout,
  { assignment, record, work }: Entry,
): Promise<Parcel | { readonly fault: string }> {
  const dir = filesDir(layout.submission(assignment.id, record.student.id));
  if (!work) return { fault: 'nothing was collected' };
  const { pack, files: pristine } = readPristine(layout.pack(assignment.id));
  const { files } = await readSubmission(dir).catch(() => ({ files: new Map<string, Buffer>() }));
  const digest = files.size > 0 ? takeWork({ files, leftOut: [] }, pack, pristine).digest : '';
  if (digest !== work.digest) {
    return { fault: 'its files were changed after they were collected: collect it --again' };
  }
  const { commit, history, leftOut } = work;
  const named = commit === undefined ? {} : { commit };
  const submission = packSubmission({ files, leftOut, history, ...named });
  if (submission.length > MOST_BYTES) {
    return {
      fault: `it is larger than ${MOST_BYTES / 1024 ** 2} MB: grade it with \`labs grade\``,
    };
  }
  const { lab, seed } = assignment;
  return { data: { lab, seed, pack: pack.digest, submission }, pack: () => packFiles(pristine) };
}

import type { GradedPoint, Pack } from '@backend-labs/protocol';
import { GraderError, type GraderErrorCode } from '../errors.ts';
import type { Files } from '../pack/toolchain.ts';
import type { AtCommit } from '../submission/commits.ts';
import type { Submission } from '../submission/files.ts';
import type { Commit } from '../submission/repository.ts';
import { takeWork } from '../submission/take.ts';

/** One commit on the way to a submission. */
export interface Step {
  readonly commit: Commit;
  /** Empty: the commit had no work that could be judged. */
  readonly points: readonly GradedPoint[];
}

const NO_WORK = new Set<GraderErrorCode>(['NO_SUBMISSION', 'BAD_PACKAGES']);

export interface StepsOptions {
  readonly commits: readonly AtCommit[];
  readonly pack: Pack;
  readonly pristine: Files;
  /** What is known already, by the digest of the files. */
  readonly known: Map<string, readonly GradedPoint[]>;
  readonly judge: (files: Files) => Promise<readonly GradedPoint[]>;
  readonly onProgress?: (line: string) => void;
}

/** Judges a submission at some of its commits. Commits with the same work are judged once. */
export async function judgeSteps(options: StepsOptions): Promise<Step[]> {
  const { commits, onProgress } = options;
  const steps: Step[] = [];
  for (const { commit, submission } of commits) {
    const shown = `commit ${commit.id.slice(0, 8)}, ${steps.length + 1} of ${commits.length}`;
    onProgress?.(`Grading the history: ${shown}`);
    steps.push({ commit, points: await pointsAt(submission, options) });
  }
  return steps;
}

async function pointsAt(
  submission: Submission,
  { pack, pristine, known, judge }: StepsOptions,
): Promise<readonly GradedPoint[]> {
  try {
    const { digest, files } = takeWork(submission, pack, pristine);
    const points = known.get(digest) ?? (await judge(files));
    known.set(digest, points);
    return points;
  } catch (error) {
    if (error instanceof GraderError && NO_WORK.has(error.code)) return [];
    throw error;
  }
}

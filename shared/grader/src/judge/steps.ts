import type { GradedPoint, Pack } from '@backend-labs/protocol';
import { GraderError } from '../errors.ts';
import type { Files } from '../pack/toolchain.ts';
import type { AtCommit } from '../submission/commits.ts';
import type { Commit } from '../submission/repository.ts';
import { type Taken, takeWork } from '../submission/take.ts';

/** One commit on the way to a submission. */
export interface Step {
  readonly commit: Commit;
  /** Empty: the commit had no work that could be judged. */
  readonly points: readonly GradedPoint[];
}

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
  const { commits, pack, pristine, known, judge, onProgress } = options;
  const steps: Step[] = [];
  for (const { commit, submission } of commits) {
    const shown = `commit ${commit.id.slice(0, 8)}, ${steps.length + 1} of ${commits.length}`;
    onProgress?.(`Grading the history: ${shown}`);
    const work = workIn(() => takeWork(submission, pack, pristine));
    if (work && !known.has(work.digest)) known.set(work.digest, await judge(work.files));
    steps.push({ commit, points: known.get(work?.digest ?? '') ?? [] });
  }
  return steps;
}

function workIn(take: () => Taken): Taken | undefined {
  try {
    return take();
  } catch (error) {
    if (error instanceof GraderError && error.code === 'NO_SUBMISSION') return undefined;
    throw error;
  }
}

import { join } from 'node:path';
import { type GradeResult, taskVerdictSchema } from '@backend-labs/protocol';
import { readTrouble } from './collect/record.ts';
import { readJson } from './folder/write.ts';
import { type Done, readFault } from './queue/job.ts';
import type { Progress } from './queue/progress.ts';
import type { WorkState } from './records.ts';

interface Known {
  readonly collected: 'work' | 'nothing' | undefined;
  readonly job: string | undefined;
  readonly done: Done | undefined;
  readonly result: GradeResult | undefined;
  readonly progress: Progress;
  readonly grades: string;
}

/** How far a submission is. */
export function stateOf({ collected, job, done, result, progress, grades }: Known): WorkState {
  if (collected === undefined) return 'not collected';
  if (job === undefined) return 'no submission';
  if (progress.grading.has(job)) return 'grading';
  if (progress.queued.has(job)) return 'queued';
  if (done?.job === job && result) return result.score ? 'graded' : 'not judged';
  return readFault(grades)?.job === job ? 'not judged' : 'collected';
}

/** Why there is no submission or score; undefined for other states. */
export function noteOf(
  state: WorkState,
  {
    dir,
    grades,
    why,
  }: { readonly dir: string; readonly grades: string; readonly why: string | undefined },
): string | undefined {
  if (state === 'not collected') return readTrouble(dir);
  if (state === 'no submission') return why;
  if (state !== 'not judged') return undefined;
  return readFault(grades)?.why ?? troubleIn(grades) ?? 'a server or the machine was at fault';
}

/** The first fault that the tests report, in one line. */
function troubleIn(grades: string): string | undefined {
  const verdicts = readJson(join(grades, 'verdicts.json'), taskVerdictSchema.array()) ?? [];
  const failures = verdicts.flatMap(({ trouble, tests }) => [
    ...(trouble ? [trouble] : []),
    ...tests.flatMap((test) => test.failures),
  ]);
  return failures
    .find(({ status }) => status === 'error')
    ?.message.trim()
    .split('\n', 1)[0];
}

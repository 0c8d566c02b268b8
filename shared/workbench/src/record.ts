import type { Lab, Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { testsDigest } from './digests.ts';
import { recordVerdicts, taskProgress, type Progress } from './progress.ts';

/**
 * Adds a run's verdicts to the progress. Throws as `recordVerdicts` does.
 *
 * @param key under which the copy's progress is kept; the lab's id for the usual copy.
 */
export async function record(
  stateDir: string,
  lab: Lab,
  results: readonly TaskVerdict[],
  key = lab.id,
): Promise<Progress> {
  const verdicts = results.map(({ task: number, slug, status, points }) => {
    const task = lab.tasks.find((each) => each.number === number);
    return {
      task: slug,
      verdict: status,
      points: Object.fromEntries(points.map((point) => [point.id, point.status])),
      ...(task && { tests: testsDigest(lab, task) }),
    };
  });
  const { progress } = await recordVerdicts(stateDir, key, verdicts);
  return progress;
}

/** Whether the task passed, and its tests are still those that it passed. */
export function isPassing(progress: Progress, lab: Lab, task: Task, key = lab.id): boolean {
  const { passing, tests } = taskProgress(progress, key, task.slug);
  return passing && (tests === undefined || tests === testsDigest(lab, task));
}

/** The first task that does not pass, core tasks before stretch ones; undefined when all do. */
export function openTask(lab: Lab, progress: Progress, key = lab.id): Task | undefined {
  const open = lab.tasks.filter((task) => !isPassing(progress, lab, task, key));
  return open.find(({ stretch }) => !stretch) ?? open[0];
}

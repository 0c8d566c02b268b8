import type { Lab, Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { recordVerdicts, taskProgress, type Progress } from './progress.ts';

/** Adds a run's verdicts to the progress. Throws as `recordVerdicts` does. */
export async function record(
  stateDir: string,
  lab: Lab,
  results: readonly TaskVerdict[],
): Promise<Progress> {
  const verdicts = results.map(({ slug, status, points }) => ({
    task: slug,
    verdict: status,
    points: Object.fromEntries(points.map((point) => [point.id, point.status])),
  }));
  const { progress } = await recordVerdicts(stateDir, lab.id, verdicts);
  return progress;
}

export function isPassing(progress: Progress, lab: Lab, task: Task): boolean {
  return taskProgress(progress, lab.id, task.slug).passing;
}

/** The first task that does not pass, core tasks before stretch ones; undefined when all do. */
export function openTask(lab: Lab, progress: Progress): Task | undefined {
  const open = lab.tasks.filter((task) => !isPassing(progress, lab, task));
  return open.find(({ stretch }) => !stretch) ?? open[0];
}

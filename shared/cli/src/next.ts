import type { Catalog, Lab, Task } from '@backend-labs/catalog';
import { firstUnfinished, isPassing, openTask, type Progress } from '@backend-labs/workbench';

/** The first core task of a lab that is open; undefined if the lab is finished. */
export function openCoreTask(lab: Lab, progress: Progress, key = lab.id): Task | undefined {
  const task = openTask(lab, progress, key);
  return task?.stretch ? undefined : task;
}

/** The first lab with an open core task, as `npm start` chooses it, without the one named. */
export function nextLab({ labs }: Catalog, progress: Progress, without: Lab): Lab | undefined {
  const others = labs.filter(({ id }) => id !== without.id);
  const passes = (lab: Lab, task: Task) => isPassing(progress, lab, task);
  return firstUnfinished(others, progress, passes)?.lab;
}

/**
 * The lab that was finished last, if nothing of `opened` was ever run: the learner goes from one lab to
 * the other.
 */
export function finishedBefore(
  { labs }: Catalog,
  progress: Progress,
  opened: Lab,
): Lab | undefined {
  if (Object.keys(progress.labs[opened.id]?.tasks ?? {}).length > 0) return undefined;
  return labs
    .filter((lab) => lab.id !== opened.id && openCoreTask(lab, progress) === undefined)
    .toSorted((a, b) => lastRun(progress, a).localeCompare(lastRun(progress, b)))
    .at(-1);
}

/** ISO 8601, or '' if it was never run. */
function lastRun(progress: Progress, { id }: Lab): string {
  const tasks = Object.values(progress.labs[id]?.tasks ?? {});
  return (
    tasks
      .map(({ lastRunAt = '' }) => lastRunAt)
      .toSorted()
      .at(-1) ?? ''
  );
}

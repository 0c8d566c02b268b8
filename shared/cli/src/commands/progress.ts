import { HINT_LEVELS } from '@backend-labs/catalog';
import { isPassing, taskProgress } from '@backend-labs/workbench';
import { loadProgress } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { progressKey } from '../copy.ts';
import { EXIT } from '../errors.ts';
import { paint } from '../ui/style.ts';
import { MARKS } from '../ui/verdicts.ts';

export const run: Run = async (args, context) => {
  const progress = await loadProgress(context.stateDir);
  if (args.on('json')) {
    console.log(JSON.stringify(progress, null, 2));
    return EXIT.green;
  }
  for (const lab of readLabs(context).labs) {
    const key = progressKey(lab, context, undefined);
    const tasks = lab.tasks.map(({ points, ...task }) => ({
      ...task,
      all: points.length,
      ...taskProgress(progress, key, task.slug),
      passing: isPassing(progress, lab, { points, ...task }, key),
      passed: taskProgress(progress, key, task.slug).passing,
    }));
    const core = tasks.filter(({ stretch }) => !stretch);
    const passing = core.filter((task) => task.passing).length;
    console.log(`${lab.id}  ${passing} of ${core.length} core tasks pass`);
    if (tasks.every(({ attempts, hints }) => attempts === 0 && hints.length === 0)) continue;
    for (const task of tasks) {
      const { number, title, attempts, firstPassedAt, hints } = task;
      const mark = task.passing ? MARKS.passed : attempts > 0 ? MARKS.failed : MARKS.waiting;
      // The last hint may have been shown several times.
      const deepest = Math.max(...hints.map(({ level }) => level));
      const passed = Object.values(task.points ?? {}).filter(
        (status) => status === 'passed',
      ).length;
      const facts = [
        ...(task.stretch ? ['stretch'] : []),
        ...(task.passed && !task.passing ? ['its tests have changed since it passed'] : []),
        ...(task.points ? [`${passed} of ${task.all} points`] : []),
        ...(firstPassedAt ? [`first passed ${firstPassedAt.slice(0, 10)}`] : []),
        ...(attempts > 0 ? [`${attempts} ${attempts === 1 ? 'run' : 'runs'}`] : []),
        ...(hints.length > 0 ? [`hint ${deepest} of ${HINT_LEVELS}`] : []),
      ];
      console.log(` ${mark} ${number}  ${title}  ${paint('dim', facts.join(', '))}`.trimEnd());
    }
  }
  return EXIT.green;
};

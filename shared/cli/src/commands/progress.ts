import { HINT_LEVELS, readCatalog } from '@backend-labs/catalog';
import type { Run } from '../command.ts';
import { EXIT } from '../errors.ts';
import { taskProgress } from '../progress.ts';
import { loadProgress } from '../record.ts';
import { paint } from '../ui/style.ts';
import { MARKS } from '../ui/verdicts.ts';

export const run: Run = async (args, { root, stateDir }) => {
  const progress = await loadProgress(stateDir);
  if (args.on('json')) {
    console.log(JSON.stringify(progress, null, 2));
    return EXIT.green;
  }
  for (const lab of readCatalog(root).labs) {
    const tasks = lab.tasks.map((task) => ({
      ...task,
      ...taskProgress(progress, lab.id, task.slug),
    }));
    console.log(
      `${lab.id}  ${tasks.filter(({ passing }) => passing).length} of ${tasks.length} tasks pass`,
    );
    if (tasks.every(({ attempts, hints }) => attempts === 0 && hints.length === 0)) continue;
    for (const { number, title, passing, attempts, firstPassedAt, hints } of tasks) {
      const mark = passing ? MARKS.passed : attempts > 0 ? MARKS.failed : MARKS.waiting;
      // The third may have been shown again and again.
      const deepest = Math.max(...hints.map(({ level }) => level));
      const facts = [
        ...(firstPassedAt ? [`first passed ${firstPassedAt.slice(0, 10)}`] : []),
        ...(attempts > 0 ? [`${attempts} ${attempts === 1 ? 'run' : 'runs'}`] : []),
        ...(hints.length > 0 ? [`hint ${deepest} of ${HINT_LEVELS}`] : []),
      ];
      console.log(` ${mark} ${number}  ${title}  ${paint('dim', facts.join(', '))}`.trimEnd());
    }
  }
  return EXIT.green;
};

import { findLab, readCatalog, solutionsOf, type Lab, type Solution } from '@backend-labs/catalog';
import { isPassing } from '@backend-labs/workbench';
import { loadProgress } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { findCopy, progressKey } from '../copy.ts';
import { EXIT, UsageError } from '../errors.ts';
import { renderDiff, renderFiles, solutionNotes } from '../ui/solution.ts';

export const run: Run = async (args, context) => {
  const lab = findLab(readCatalog(context.catalog), args.positionals[0] ?? '');
  const progress = await loadProgress(context.stateDir);
  const key = progressKey(lab, context, args.text('work'));
  const open = lab.tasks
    .filter((task) => !task.stretch && !isPassing(progress, lab, task, key))
    .map(({ number }) => number);
  if (open.length > 0 && !args.on('spoil')) {
    const tasks = open.length === 1 ? `Task ${open[0]} is` : `Tasks ${open.join(', ')} are`;
    throw new UsageError(
      `${tasks} still open. For a hint: labs hint ${lab.number}. To see the solution anyway, add --spoil.`,
    );
  }
  const solution = solutionNamed(lab, args.text('name') ?? 'reference');
  const others = solutionsOf(lab).filter(({ name }) => name !== solution.name);
  console.log(solutionNotes(solution));
  console.log(
    args.on('diff')
      ? renderDiff(lab, solution, findCopy(lab, context, args.text('work')))
      : renderFiles(lab, solution),
  );
  for (const { name } of others)
    console.log(`Another solution: labs solution ${lab.number} --name ${name}`);
  return EXIT.green;
};

function solutionNamed(lab: Lab, name: string): Solution {
  const solutions = solutionsOf(lab);
  const found = solutions.find((solution) => solution.name === name);
  if (found) return found;
  throw new UsageError(
    `${lab.id} has no solution "${name}". It has ${solutions.map((s) => s.name).join(', ')}.`,
  );
}

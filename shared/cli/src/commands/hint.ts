import { findLab, findTask, HINT_LEVELS, hintOf, readCatalog } from '@backend-labs/catalog';
import { nextHintLevel, openTask, recordHint } from '@backend-labs/workbench';
import { loadProgress } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { progressKey } from '../copy.ts';
import { EXIT } from '../errors.ts';
import { paint } from '../ui/style.ts';

export const run: Run = async (args, context) => {
  const { stateDir } = context;
  const lab = findLab(readCatalog(context.catalog), args.positionals[0] ?? '');
  const key = progressKey(lab, context, undefined);
  const progress = await loadProgress(stateDir);
  const asked = args.positionals[1];
  const task = asked ? findTask(lab, asked) : openTask(lab, progress, key);
  if (!task) {
    console.log(
      `Every task of ${lab.id} passes. For a hint anyway: labs hint ${lab.number} <task>`,
    );
    return EXIT.green;
  }
  const level = nextHintLevel(progress, key, task.slug);
  const text = hintOf(lab, task, level);
  if (!text) {
    console.log(`${lab.id} has no hints for task ${task.number}.`);
    return EXIT.green;
  }
  await recordHint(stateDir, key, task.slug, level);
  console.log(paint('dim', `Task ${task.number}, ${task.title}: hint ${level} of ${HINT_LEVELS}`));
  console.log(`\n${text}\n`);
  return EXIT.green;
};

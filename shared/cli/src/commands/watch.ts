import { findLab, findTask } from '@backend-labs/catalog';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { openCopy, progressKey } from '../copy.ts';
import { UsageError } from '../errors.ts';
import { watch } from '../watch/watch.ts';

export const run: Run = async (args, context) => {
  const lab = findLab(readLabs(context), args.positionals[0] ?? '');
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(`watch needs a terminal. Without one, run: labs test ${lab.number}`);
  }
  const asked = args.positionals[1];
  const task = asked === undefined ? undefined : findTask(lab, asked);
  const work = args.text('work');
  const copy = await openCopy(lab, context, work);
  return watch(context, lab, copy, { task, progressKey: progressKey(lab, context, work) });
};

import { findLab } from '@backend-labs/catalog';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { openCopy } from '../copy.ts';
import { UsageError } from '../errors.ts';
import { watch } from '../watch/watch.ts';

export const run: Run = async (args, context) => {
  const lab = findLab(readLabs(context.root), args.positionals[0] ?? '');
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(`watch needs a terminal. Without one, run: labs test ${lab.number}`);
  }
  return watch(context, lab, await openCopy(lab, context, args.text('work')));
};

import { resolve } from 'node:path';
import { findLab } from '@backend-labs/catalog';
import { recordReset, resetCopy, restoreAttempt } from '@backend-labs/workbench';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { shownPath } from '../context.ts';
import { placeOf, progressKey } from '../copy.ts';
import { EXIT } from '../errors.ts';

export const run: Run = async (args, context) => {
  const lab = findLab(readLabs(context), args.positionals[0] ?? '');
  const place = placeOf(context, args.text('work'));
  const saved = args.text('restore');
  const { dir, attempt } = saved
    ? await restoreAttempt(lab, place, resolve(context.cwd, saved))
    : await resetCopy(lab, place);
  await recordReset(context.stateDir, progressKey(lab, context, args.text('work')));

  const shown = shownPath(dir, context);
  console.log(saved ? `${shown} has your saved files again.` : `${shown} is the starter again.`);
  if (attempt) {
    const kept = shownPath(attempt, context);
    console.log(
      `Your old files are in ${kept}. To get them back: labs reset ${lab.number} --restore ${kept}`,
    );
  }
  return EXIT.green;
};

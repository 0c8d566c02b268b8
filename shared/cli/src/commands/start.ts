import { findLab, readCatalog, type Catalog, type Lab } from '@backend-labs/catalog';
import type { Run } from '../command.ts';
import { shownPath } from '../context.ts';
import { openCopy, placeOf } from '../copy.ts';
import { EXIT } from '../errors.ts';
import { Judging } from '../judging.ts';
import { offerMerge } from '../merge-offer.ts';
import { firstUnfinished, type Progress } from '../progress.ts';
import { loadProgress, openTask, record } from '../record.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { paint } from '../ui/style.ts';
import { renderTicket } from '../ui/ticket.ts';
import { renderVerdict } from '../ui/verdicts.ts';
import { watch } from '../watch/watch.ts';
import { exitCode } from './test.ts';

export const run: Run = async (args, context) => {
  const catalog = readCatalog(context.root);
  const lab = chosen(catalog, args.positionals[0], await loadProgress(context.stateDir));
  if (!lab) {
    console.log(
      'Every task of every lab passes. `labs list` shows them; `labs reset <lab>` starts one anew.',
    );
    return EXIT.green;
  }
  const copy = await openCopy(lab, context, args.text('work'));
  await offerMerge(lab, placeOf(context, args.text('work')), {
    answer: args.on('merge') ? 'yes' : args.on('no-merge') ? 'no' : 'ask',
    context,
  });
  const task = openTask(lab, await loadProgress(context.stateDir));
  if (!task) {
    console.log(`Every task of ${lab.id} passes. \`labs reset ${lab.number}\` starts it anew.`);
    return EXIT.green;
  }
  if (process.stdin.isTTY && process.stdout.isTTY) return watch(context, lab, copy);

  console.log(renderTicket(lab, task));
  await using judging = await Judging.open(context, lab, copy);
  using interrupt = onInterrupt(() => judging.cancel());
  const results = await judging.judge([task], (event) => {
    if (event.type === 'task ended') console.log(renderVerdict(event.verdict));
  });
  interrupt.throwIfInterrupted();
  await record(context.stateDir, lab, results);
  console.log(
    paint(
      'dim',
      `\nEdit ${shownPath(copy, context)}, then: npm run labs -- test ${lab.number} ${task.number}`,
    ),
  );
  console.log(paint('dim', `A hint: npm run labs -- hint ${lab.number}`));
  // The first task of a fresh copy is red on purpose; only a broken machine is a failure of `start`.
  return exitCode(results) === EXIT.machine ? EXIT.machine : EXIT.green;
};

/** The lab that was named, else the first with an open task. */
function chosen(catalog: Catalog, name: string | undefined, progress: Progress): Lab | undefined {
  if (name) return findLab(catalog, name);
  for (const fault of catalog.broken.values()) process.stderr.write(`labs: ${fault.message}\n`);
  return firstUnfinished(catalog.labs, progress)?.lab;
}

import { findLab, type Catalog, type Lab, type Task } from '@backend-labs/catalog';
import {
  copyDigest,
  firstUnfinished,
  isNewcomer,
  isPassing,
  Judging,
  openTask,
  type Progress,
  record,
} from '@backend-labs/workbench';
import { loadProgress, withBench } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { isTakeHome } from '../take-home.ts';
import { shownPath } from '../context.ts';
import { openCopy, placeOf, progressKey } from '../copy.ts';
import { EXIT } from '../errors.ts';
import { offerMerge } from '../merge-offer.ts';
import { finishedBefore } from '../next.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { paint } from '../ui/style.ts';
import { renderTicket } from '../ui/ticket.ts';
import { renderVerdict } from '../ui/verdicts.ts';
import { watch } from '../watch/watch.ts';
import { exitCode } from './test.ts';

export const run: Run = async (args, context) => {
  const catalog = readLabs(context);
  const [name] = args.positionals;
  const progress = await loadProgress(context.stateDir);
  const lab = chosen(catalog, name, progress);
  if (!lab) {
    console.log(
      'Every task of every lab passes. `labs list` shows them; `labs reset <lab>` starts one again.',
    );
    return EXIT.green;
  }
  const copy = await openCopy(lab, context, args.text('work'));
  await offerMerge(lab, placeOf(context, args.text('work')), {
    answer: args.on('merge') ? 'yes' : args.on('no-merge') ? 'no' : 'ask',
    context,
  });
  const key = progressKey(lab, context, args.text('work'));
  const task = openTask(lab, await loadProgress(context.stateDir), key);
  if (!task) {
    console.log(`Every task of ${lab.id} passes. \`labs reset ${lab.number}\` starts it again.`);
    return EXIT.green;
  }
  const greeting = name
    ? undefined
    : isNewcomer(progress)
      ? OTHER_LABS
      : newLab(catalog, progress, lab);
  if (process.stdin.isTTY && process.stdout.isTTY)
    return watch(context, lab, copy, { progressKey: key, greeting });

  console.log(renderTicket(lab, task));
  await using judging = await withBench(context, `Finding ${lab.servers.join(', ')}`, (bench) =>
    Judging.open(bench, lab, copy),
  );
  const before = await copyDigest(lab, copy);
  using interrupt = onInterrupt(() => judging.cancel());
  const results = await judging.judge([task], (event) => {
    if (event.type === 'task ended' && !interrupt.isInterrupted) {
      console.log(renderVerdict(event.verdict));
    }
  });
  interrupt.throwIfInterrupted();
  if ((await copyDigest(lab, copy)) === before) await record(context.stateDir, lab, results, key);
  console.log(
    paint(
      'dim',
      `\nEdit ${shownPath(copy, context)}, then: npm run labs -- test ${lab.number} ${task.number}`,
    ),
  );
  if (!isTakeHome(context.root)) {
    console.log(paint('dim', `A hint: npm run labs -- hint ${lab.number}`));
    if (greeting) console.log(paint('dim', greeting));
  }
  // The first task of a fresh copy is red on purpose. Only a broken machine makes `start` fail.
  return exitCode(results) === EXIT.machine ? EXIT.machine : EXIT.green;
};

/** One line for a person who did not choose a lab and may want another one. */
const OTHER_LABS = 'Another lab: npm run labs -- start <number>. All labs: npm run labs -- list';

/** One line for a person who finished a lab and now sees another one. */
function newLab(catalog: Catalog, progress: Progress, lab: Lab): string | undefined {
  const finished = finishedBefore(catalog, progress, lab);
  return finished && `${finished.id} is finished. Next: ${lab.id}, "${lab.title}".`;
}

/** The named lab, or without a name the first with an open task. */
function chosen(catalog: Catalog, name: string | undefined, progress: Progress): Lab | undefined {
  if (name) return findLab(catalog, name);
  for (const fault of catalog.broken.values()) process.stderr.write(`labs: ${fault.message}\n`);
  const passes = (lab: Lab, task: Task) => isPassing(progress, lab, task);
  return firstUnfinished(catalog.labs, progress, passes)?.lab;
}

import { resolve } from 'node:path';
import { type Catalog, findLab, findTask, type Lab, type Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { copyDigest, Judging, openTask, type Progress, record } from '@backend-labs/workbench';
import { withBench } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { isTakeHome } from '../take-home.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { nextLab, openCoreTask } from '../next.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { renderSummary, renderVerdict } from '../ui/verdicts.ts';
import { Reports } from '../reports.ts';
import { openCopy, progressKey } from '../copy.ts';

export const run: Run = async (args, context) => {
  const catalog = readLabs(context);
  const lab = findLab(catalog, args.positionals[0] ?? '');
  const asked = args.positionals[1];
  const tasks = asked ? [findTask(lab, asked)] : lab.tasks;
  const work = args.text('work');
  const copy = await openCopy(lab, context, work);
  const before = await copyDigest(lab, copy);

  const json = args.on('json');
  const view = { logs: args.on('logs'), all: args.on('all') };
  const folder = args.text('report');
  const reports = folder && new Reports(resolve(context.cwd, folder), lab, tasks);
  const results = await judged(context, lab, copy, tasks, (result) => {
    if (reports) reports.add(result);
    if (!json) console.log(renderVerdict(result, view));
  });
  const isSame = (await copyDigest(lab, copy)) === before;
  const key = progressKey(lab, context, work);
  const progress = isSame ? await record(context.stateDir, lab, results, key) : undefined;

  if (json) console.log(JSON.stringify({ lab: lab.id, results }, null, 2));
  else {
    const next =
      progress && exitCode(results) === EXIT.green && !isTakeHome(context.root)
        ? after(lab, { catalog, progress, key, work })
        : [];
    console.log(['', `${renderSummary(results)}${also(tasks, results)}`, ...next].join('\n'));
  }
  if (isSame) return exitCode(results);
  process.stderr.write(
    'labs: Your files changed during the run, so it is not recorded. Run the same command again.\n',
  );
  return Math.max(exitCode(results), EXIT.red);
};

/** Why there are verdicts on tasks that nobody named. */
function also(tasks: readonly Task[], results: readonly TaskVerdict[]): string {
  const [task] = tasks;
  if (!task || tasks.length > 1 || results.length === 1) return '';
  return ` Task ${task.number} needs ${task.needs.join(', ')}.`;
}

interface Standing {
  readonly catalog: Catalog;
  readonly progress: Progress;
  readonly key: string;
  /** The flag `--work`. */
  readonly work: string | undefined;
}

/** Where to go from a green run: the next task, or the solutions and the next lab. */
function after(lab: Lab, { catalog, progress, key, work }: Standing): string[] {
  const flag = work === undefined ? '' : ` --work ${work}`;
  const task = openCoreTask(lab, progress, key);
  if (task) {
    return [
      `Next: npm run labs -- start ${lab.number}${flag} (task ${task.number}: ${task.title})`,
    ];
  }
  const next = nextLab(catalog, progress, lab);
  const stretch = openTask(lab, progress, key);
  return [
    ...(stretch
      ? [
          `If you like: npm run labs -- test ${lab.number} ${stretch.number}${flag} (${stretch.title})`,
        ]
      : []),
    `How others did it: npm run labs -- solution ${lab.number}${flag}`,
    ...(next ? [`Next lab: npm run labs -- start ${next.number} (${next.title})`] : []),
  ];
}

/** Ctrl-C ends the run and puts everything away. */
async function judged(
  context: Context,
  lab: Lab,
  target: string,
  tasks: readonly Task[],
  print: (result: TaskVerdict) => void,
): Promise<TaskVerdict[]> {
  await using judging = await withBench(context, `Finding ${lab.servers.join(', ')}`, (bench) =>
    Judging.open(bench, lab, target),
  );
  using interrupt = onInterrupt(() => judging.cancel());
  const results = await judging.judge(tasks, (event) => {
    // A test that was cancelled says nothing of the machine.
    if (event.type === 'task ended' && !interrupt.isInterrupted) print(event.verdict);
  });
  interrupt.throwIfInterrupted();
  return results;
}

/** 3 when a server or the machine kept a task from being judged, else 1 when one is not passed. */
export function exitCode(results: readonly TaskVerdict[]): number {
  const statuses = new Set(results.map(({ status }) => status));
  if (statuses.has('error') || statuses.has('not run')) return EXIT.machine;
  return statuses.has('failed') || statuses.has('waiting') ? EXIT.red : EXIT.green;
}

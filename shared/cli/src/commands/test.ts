import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findLab, findTask, type Lab, type Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { ctrf, junit, type LabResults } from '@backend-labs/runner';
import { Judging, record } from '@backend-labs/workbench';
import { withBench } from '../on-bench.ts';
import type { Run } from '../command.ts';
import { readLabs } from '../labs.ts';
import { isTakeHome } from '../take-home.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { renderSummary, renderVerdict } from '../ui/verdicts.ts';
import { openCopy } from '../copy.ts';

export const run: Run = async (args, context) => {
  const lab = findLab(readLabs(context.root), args.positionals[0] ?? '');
  const asked = args.positionals[1];
  const tasks = asked ? [findTask(lab, asked)] : lab.tasks;
  const copy = await openCopy(lab, context, args.text('work'));

  const json = args.on('json');
  const view = { logs: args.on('logs'), all: args.on('all') };
  const started = Date.now();
  const results = await judged(context, lab, copy, tasks, (result) => {
    if (!json) console.log(renderVerdict(result, view));
  });
  await record(context.stateDir, lab, results);

  const outcome: LabResults = { lab, results, started, ended: Date.now() };
  const folder = args.text('report');
  if (folder) writeReports(resolve(context.cwd, folder), outcome);
  if (json) console.log(JSON.stringify({ lab: lab.id, results }, null, 2));
  else {
    const more = isTakeHome(context.root) ? '' : after(lab, results);
    console.log(`\n${renderSummary(results)}${also(tasks, results)}${more}`);
  }
  return exitCode(results);
};

/** Why there are verdicts on tasks that nobody named. */
function also(tasks: readonly Task[], results: readonly TaskVerdict[]): string {
  const [task] = tasks;
  if (!task || tasks.length > 1 || results.length === 1) return '';
  return ` Task ${task.number} needs ${task.needs.join(', ')}.`;
}

function after(lab: Lab, results: readonly TaskVerdict[]): string {
  const passed = new Set(
    results.filter(({ status }) => status === 'passed').map(({ task }) => task),
  );
  const green = lab.tasks.every(({ number, stretch }) => stretch || passed.has(number));
  return green ? `\nHow others did it: npm run labs -- solution ${lab.number}` : '';
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
    if (event.type === 'task ended') print(event.verdict);
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

function writeReports(folder: string, outcome: LabResults): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'junit.xml'), junit(outcome));
  writeFileSync(join(folder, 'ctrf.json'), `${JSON.stringify(ctrf(outcome), null, 2)}\n`);
}

import { availableParallelism } from 'node:os';
import { findLab, readCatalog, type Lab } from '@backend-labs/catalog';
import { verify, type VerifyReport } from '@backend-labs/runner';
import type { Arguments, Run } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import { changedLabs } from '../git.ts';
import { openLabStack } from '../judging.ts';
import { writeFigures } from '../readme.ts';
import { renderReport } from '../ui/matrix.ts';
import { Waiting } from '../ui/progress-line.ts';

export const run: Run = async (args, context) => {
  const repeat = args.count('repeat', 1);
  const workers = args.count('workers', availableParallelism());
  const labs = await chosen(args, context);
  const reports: VerifyReport[] = [];
  for (const lab of labs) {
    const report = await verified(lab, context, repeat, workers);
    reports.push(report);
    if (!args.on('json')) console.log(renderReport(report));
  }
  if (args.on('json')) console.log(JSON.stringify({ reports }, null, 2));
  else if (labs.length === 0) console.log('No lab has changed.');
  if (args.on('write')) writeFigures(context.root, reports);
  return exitCode(reports);
};

/** @throws CatalogError for a lab that is unknown or malformed. */
async function chosen(args: Arguments, { root }: Context): Promise<readonly Lab[]> {
  const catalog = readCatalog(root);
  const name = args.positionals[0] ?? args.text('lab');
  if (name) return [findLab(catalog, name)];
  for (const fault of catalog.broken.values()) throw fault;
  if (!args.on('changed')) return catalog.labs;
  const changed = await changedLabs(root);
  return catalog.labs.filter(({ id }) => changed.has(id));
}

async function verified(
  lab: Lab,
  context: Context,
  repeat: number,
  workers: number,
): Promise<VerifyReport> {
  const stack = await openLabStack(context, lab);
  using waiting = new Waiting(`Verifying ${lab.id}`);
  let done = 0;
  return await verify({
    root: context.root,
    stateDir: context.stateDir,
    lab,
    stack,
    repeat,
    workers,
    onVerdict: (row, { task, status }) => {
      done++;
      waiting.tick(`Verifying ${lab.id}: ${done} cells, last ${row} task ${task} ${status}`);
    },
  });
}

/** Green when every row of every lab is what it must be; a task that was not run is no failure here. */
export function exitCode(reports: readonly VerifyReport[]): number {
  const cells = reports.flatMap(({ rows }) => rows.flatMap((row) => row.cells));
  if (reports.every(({ cells: { failed } }) => failed === 0)) return EXIT.green;
  return cells.some(({ status }) => status === 'error') ? EXIT.machine : EXIT.red;
}

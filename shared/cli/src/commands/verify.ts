import { findLab, findTask, readCatalog, type Lab } from '@backend-labs/catalog';
import {
  digestOf,
  rowNames,
  verify,
  WORKERS,
  type VerifyOptions,
  type VerifyReport,
} from '@backend-labs/runner';
import { closestMatch } from 'leven';
import { openLabStack } from '@backend-labs/workbench';
import { withBench } from '../on-bench.ts';
import type { Arguments, Run } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { changedLabs } from '../git.ts';
import { type Proven, writeProven } from '../proofs.ts';
import { renderReport } from '../ui/matrix.ts';
import { requireSandbox } from '../sandbox.ts';
import { Waiting } from '../ui/progress-line.ts';
import { verifyVariants } from '../variants/verify-variants.ts';
import { editPatch, rebasePatches } from './verify-patches.ts';

export const run: Run = async (args, context) => {
  const repeat = args.count('repeat', 1);
  const workers = args.count('workers', WORKERS);
  if (inPart(args) && args.on('write')) {
    throw new UsageError('--write wants the whole matrix: leave out --row and --task.');
  }
  if (args.text('variants') !== undefined) return verifyItsVariants(args, context);
  if (args.on('write') && context.catalog !== context.root) {
    throw new UsageError('--write is for labs of this repository. Leave out LABS_CATALOG.');
  }
  const labs = await chosen(args, context);
  const slug = args.text('edit');
  if (slug !== undefined || args.on('rebase')) {
    const [lab] = labs;
    if (!args.positionals[0] || !lab) {
      throw new UsageError('--edit and --rebase need one lab: `labs verify <lab> --rebase`.');
    }
    return slug === undefined ? rebasePatches(lab) : editPatch(lab, slug, args.on('save'), context);
  }
  const seed = args.text('seed');
  const sandbox = args.on('sandbox');
  if (sandbox) await requireSandbox(context);
  const reports: VerifyReport[] = [];
  const seen: Proven[] = [];
  for (const lab of labs) {
    const digest = digestOf(context.root, lab);
    const report = await verified(context, {
      lab,
      repeat,
      workers,
      sandbox,
      ...(seed !== undefined && { seed }),
      ...part(args, lab),
    });
    reports.push(report);
    seen.push({ lab, digest, report });
    if (!args.on('json')) console.log(renderReport(report));
  }
  if (args.on('json')) console.log(JSON.stringify({ reports }, null, 2));
  else if (labs.length === 0) console.log('No lab has changed.');
  if (args.on('write')) writeProven(context.root, seen);
  return exitCode(reports);
};

/** `labs verify <lab> --variants K`. */
async function verifyItsVariants(args: Arguments, context: Context): Promise<number> {
  const [lab] = await chosen(args, context);
  if (!(args.positionals[0] ?? args.text('lab')) || !lab) {
    throw new UsageError('--variants wants one lab: `labs verify <lab> --variants 4`.');
  }
  const isJson = args.on('json');
  const tasks = args.texts('task').map((name) => findTask(lab, name).number);
  const { variants, crosses } = await verifyVariants(context, {
    lab,
    count: args.count('variants', 1),
    seed: args.text('seed') ?? 'variant',
    full: args.on('full'),
    workers: args.count('workers', WORKERS),
    ...(tasks.length > 0 && { tasks }),
    onPart: (text) => {
      if (!isJson) console.log(text);
    },
  });
  if (isJson) console.log(JSON.stringify({ variants, crosses }, undefined, 2));
  const exit = exitCode(variants.map(({ report }) => report));
  if (exit !== EXIT.green) return exit;
  return crosses.some(({ problems }) => problems.length > 0) ? EXIT.red : EXIT.green;
}

/** @throws CatalogError for a lab that is unknown or malformed. */
async function chosen(args: Arguments, { root, catalog: home }: Context): Promise<readonly Lab[]> {
  const catalog = readCatalog(home);
  const name = args.positionals[0] ?? args.text('lab');
  if (name) return [findLab(catalog, name)];
  if (inPart(args)) throw new UsageError('--row and --task want one lab: `labs verify <lab>`.');
  for (const fault of catalog.broken.values()) throw fault;
  if (!args.on('changed')) return catalog.labs;
  const changed = await changedLabs(root);
  return catalog.labs.filter(({ id }) => changed.has(id));
}

function inPart(args: Arguments): boolean {
  return args.texts('row').length > 0 || args.texts('task').length > 0;
}

/** What is asked for of a lab's matrix. */
function part(args: Arguments, lab: Lab): Pick<VerifyOptions, 'rows' | 'tasks'> {
  const rows = args.texts('row').map((name) => findRow(lab, name));
  const tasks = args.texts('task').map((name) => findTask(lab, name));
  return { ...(rows.length > 0 && { rows }), ...(tasks.length > 0 && { tasks }) };
}

/** A row by its name, or by what stands behind the slash. */
function findRow(lab: Lab, wanted: string): string {
  const names = rowNames(lab);
  const found = names.find((name) => name === wanted || name.endsWith(`/${wanted}`));
  if (found !== undefined) return found;
  const short = names.map((name) => name.split('/').at(-1) ?? name);
  const guess = closestMatch(wanted, short, { maxDistance: 3 });
  const fix = guess ? `Did you mean "${guess}"?` : `It has ${short.join(', ')}.`;
  throw new UsageError(`${lab.id} has no row "${wanted}". ${fix}`);
}

async function verified(
  context: Context,
  options: Pick<
    VerifyOptions,
    'lab' | 'repeat' | 'workers' | 'rows' | 'seed' | 'tasks' | 'sandbox'
  >,
): Promise<VerifyReport> {
  const { lab, repeat } = options;
  const stack = await withBench(context, `Finding ${lab.servers.join(', ')}`, (bench) =>
    openLabStack(bench, lab),
  );
  using waiting = new Waiting(`Verifying ${lab.id}`);
  let done = 0;
  return await verify({
    root: context.root,
    stateDir: context.stateDir,
    stack,
    ...options,
    onVerdict: (row, { task, status }) => {
      done++;
      waiting.tick(`Verifying ${lab.id}: ${done} cells, last ${row} task ${task} ${status}`);
    },
    onRound: (report) => {
      if (report.seeds.length < repeat) waiting.say(roundLine(report, repeat));
    },
  });
}

/** Twenty rounds take an hour: what they found is printed as it comes. */
function roundLine({ lab, seeds, rows, problems: own, flakes }: VerifyReport, repeat: number) {
  const faults = [...own, ...rows.flatMap(({ problems }) => problems), ...flakes];
  const found = faults.length === 0 ? 'all as it must be' : faults.join('; ');
  return `Verifying ${lab}: ${seeds.length} of ${repeat} rounds, seed ${seeds.at(-1)}: ${found}`;
}

/** Green when every row of every lab is what it must be; a task that was not run is no failure here. */
export function exitCode(reports: readonly VerifyReport[]): number {
  const cells = reports.flatMap(({ rows }) => rows.flatMap((row) => row.cells));
  if (reports.every(({ cells: { failed } }) => failed === 0)) return EXIT.green;
  return cells.some(({ status }) => status === 'error') ? EXIT.machine : EXIT.red;
}

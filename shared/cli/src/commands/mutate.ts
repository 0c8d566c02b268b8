import { findLab, type Lab, readCatalog, type Solution, solutionsOf } from '@backend-labs/catalog';
import {
  isStrong,
  LANES,
  mutate,
  type MutationEvent,
  type MutationReport,
  REFERENCE,
  sharesOf,
} from '@backend-labs/mutation';
import { openLabStack } from '@backend-labs/workbench';
import type { Arguments, Run } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { withBench } from '../on-bench.ts';
import { mutatedFigures, writeFigures } from '../readme.ts';
import { Interrupted, onInterrupt } from '../ui/interrupt.ts';
import { renderMutation } from '../ui/mutation.ts';
import { Waiting } from '../ui/progress-line.ts';

/** Smaller samples say too little: of 100 mutants, the share is known to within about 5 points. */
const LEAST_SAMPLE = 100;

export const run: Run = async (args, context) => {
  const catalog = readCatalog(context.catalog);
  const lab = findLab(catalog, args.positionals[0] ?? '');
  const solution = chosen(lab, args.text('solution') ?? REFERENCE);
  if (args.on('write')) refuseWeakFigures(args, solution);
  const report = await mutated(args, context, lab, solution, catalog.labs);
  if (args.on('json'))
    console.log(JSON.stringify({ ...report, shares: sharesOf(report) }, null, 2));
  else console.log(renderMutation(report));
  if (args.on('write')) writeFigures(context.root, [mutatedFigures(report)]);
  return isStrong(report) ? EXIT.green : EXIT.red;
};

/** What goes into the README is about the reference solution, and no small sample. */
function refuseWeakFigures(args: Arguments, solution: Solution): void {
  if (solution.name !== REFERENCE) {
    throw new UsageError(`--write needs the solution ${REFERENCE}: leave out --solution.`);
  }
  if (args.text('sample') !== undefined && args.count('sample', 1) < LEAST_SAMPLE) {
    throw new UsageError(`--write needs --sample ${LEAST_SAMPLE} or more, or no --sample.`);
  }
}

function chosen(lab: Lab, name: string): Solution {
  const solutions = solutionsOf(lab);
  const found = solutions.find((solution) => solution.name === name);
  if (found) return found;
  const names = solutions.map((solution) => solution.name).join(', ');
  throw new UsageError(`${lab.id} has no solution "${name}". It has ${names}.`);
}

async function mutated(
  args: Arguments,
  context: Context,
  lab: Lab,
  solution: Solution,
  labs: readonly Lab[],
): Promise<MutationReport> {
  const lanes = args.count('lanes', LANES);
  const sample = args.text('sample') === undefined ? undefined : args.count('sample', 1);
  const stack = await withBench(context, `Finding ${lab.servers.join(', ')}`, (bench) =>
    openLabStack(bench, lab),
  );
  const [missing] = stack.missing;
  if (missing) throw missing;
  const stopping = new AbortController();
  using _interrupt = onInterrupt(async () => {
    stopping.abort(
      new Interrupted('Stopped. Run it again to go on: the verdicts so far are kept.'),
    );
  });
  using waiting = new Waiting(`Making the mutants of ${lab.id}`);
  return await mutate({
    root: context.root,
    stateDir: context.stateDir,
    lab,
    labs,
    solution,
    stack,
    seed: args.text('seed') ?? '1',
    again: args.on('again'),
    lanes,
    onEvent: (event) => show(waiting, event),
    signal: stopping.signal,
    ...(sample !== undefined && { sample }),
  });
}

/** Without a terminal, a line for as many mutants: a whole lab takes the better part of an hour. */
const A_LINE_EACH = 20;

function show(waiting: Waiting, event: MutationEvent): void {
  switch (event.type) {
    case 'generated':
      return waiting.say(`Type-checking ${event.count} mutants`);
    case 'type-checked':
      return waiting.say(`${event.left} mutants compile`);
    case 'measuring':
      return waiting.say(`Measuring what task ${event.task} of ${event.of} runs`);
    case 'judged': {
      const { mutant, verdict, done, of } = event;
      const last = `last ${mutant.file}:${mutant.line} ${mutant.operator} ${verdict.status}`;
      const text = `Judged ${done} of ${of} mutants, ${last}`;
      return done % A_LINE_EACH === 0 ? waiting.say(text) : waiting.tick(text);
    }
  }
}

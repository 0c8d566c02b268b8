import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { layOut, misconceptionsOf, type Lab, type Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import { connectStack, ownerTag, type OpenedStack } from '@backend-labs/stack';
import { cellOf } from './cell.ts';
import { takeFolder } from './folder.ts';
import { differing, problemsOf, type MatrixRow } from './matrix.ts';
import { plan, tasksFor, type PlannedRow } from './plan.ts';
import { pointProblems, proofOf, type Proof } from './proof/proof.ts';
import { judge } from './run.ts';
import { sandboxOf } from './sandbox.ts';
import { LEARNER_SEED, Session } from './session.ts';
import { typecheck } from './typecheck.ts';

/**
 * Rows at a time, by default. A row waits for its servers and its clocks about as long as it works:
 * on 2 cores lab 05 took 210 s with 2 rows at a time, 131 s with 4.
 */
export const WORKERS = 2 * availableParallelism();

export interface VerifyOptions {
  readonly root: string;
  readonly stateDir: string;
  readonly lab: Lab;
  readonly stack: OpenedStack;
  /** Times that each cell runs. */
  readonly repeat: number;
  /** Of the first round; a learner's when left out. Each further round draws a new one. */
  readonly seed?: string;
  /** Rows at a time; `WORKERS` when left out. */
  readonly workers?: number;
  /** Runs the programs of the rows in a sandbox. */
  readonly sandbox?: boolean;
  /** Names of `rowNames`; all when left out. */
  readonly rows?: readonly string[];
  /** All when left out; those that they need are judged too. */
  readonly tasks?: readonly Task[];
  /** Called with each verdict as it is reached, and the row's name. */
  readonly onVerdict?: (row: string, verdict: TaskVerdict) => void;
  /** Called after each repeat with what all so far came to. */
  readonly onRound?: (report: VerifyReport) => void;
}

export interface VerifyReport {
  readonly lab: string;
  /** Of the last repeat; its problems are those of all repeats. */
  readonly rows: readonly MatrixRow[];
  /** Where the ticket's points and the tests' do not fit together. */
  readonly problems: readonly string[];
  readonly points: Proof;
  readonly misconceptions: Count;
  readonly solutions: Count;
  readonly designs: Count;
  /** One for each repeat. */
  readonly seeds: readonly string[];
  /** Tests whose verdict changed between repeats. */
  readonly flakes: readonly string[];
  readonly cells: { readonly passed: number; readonly failed: number; readonly notRun: number };
  /** Milliseconds. */
  readonly duration: number;
}

/** Rows that are what they must be, of all of their kind. */
export interface Count {
  readonly sound: number;
  readonly of: number;
}

/** Runs a lab's whole matrix and compares it with what the lab says about itself. */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { root, stateDir, lab, stack, repeat, workers = WORKERS, onVerdict } = options;
  const started = performance.now();
  const owner = await ownerTag();
  using folder = await takeFolder(join(stateDir, 'runs'), lab.id);
  const { dir } = folder;
  const rows = chosenRows(options, dir);
  for (const { layers, target } of rows) layOut(lab, layers, target);
  const faults = await typecheck(root, dir, rows);
  const first = options.seed ?? LEARNER_SEED;
  const context = {
    servers: stack.servers,
    stateDir,
    templates: `${owner}/`,
    keepFailed: false,
    seed: first,
    ...(options.sandbox === true && { sandbox: sandboxOf(root, lab) }),
  };
  await using held = new AsyncDisposableStack();
  const lanes: Session[] = [];
  while (lanes.length < Math.min(workers, rows.length)) {
    lanes.push(held.use(await Session.open({ lab, rows, context })));
  }
  const repeats: MatrixRow[][] = [];
  const seeds: string[] = [];
  const soFar = () => report(lab, repeats, seeds, performance.now() - started);
  while (repeats.length < repeat) {
    const seed = seeds.length === 0 ? first : randomBytes(4).toString('hex');
    for (const lane of lanes) lane.reseed(seed);
    seeds.push(seed);
    repeats.push(await oneRound());
    options.onRound?.(soFar());
  }
  return soFar();

  async function oneRound(): Promise<MatrixRow[]> {
    const verdicts = new Map<string, readonly TaskVerdict[]>();
    const waiting = rows.values();
    const walk = async (lane: Session): Promise<void> => {
      for (const { name, tasks } of waiting) {
        const judged = await judge(lane, stack, lab, name, tasks, (event) => {
          if (event.type === 'task ended') onVerdict?.(name, event.verdict);
        });
        verdicts.set(name, judged);
      }
    };
    await Promise.all(lanes.map(walk));
    // Each round migrates again, so that a flake there is seen too.
    await using live = connectStack(stack.servers);
    if (stack.servers.postgres) await (await live.of('postgres')).dropTemplates(`${owner}/`);
    return rows.map(({ name, expectation }) => {
      const cells = (verdicts.get(name) ?? []).map(cellOf);
      const problems = [...(faults.get(name) ?? []), ...problemsOf(lab, expectation, cells)];
      return { name, kind: expectation.kind, cells, problems };
    });
  }
}

function chosenRows(
  { lab, rows, tasks: asked }: VerifyOptions,
  dir: string,
): (PlannedRow & { readonly tasks: readonly Task[] })[] {
  return plan(lab, dir)
    .filter(({ name }) => rows?.includes(name) ?? true)
    .map((row) => {
      const tasks = tasksFor(lab, row.expectation);
      return { ...row, tasks: tasks.filter((task) => asked?.includes(task) ?? true) };
    })
    .filter(({ tasks }) => tasks.length > 0);
}

function report(
  lab: Lab,
  repeats: readonly MatrixRow[][],
  seeds: readonly string[],
  duration: number,
): VerifyReport {
  const rows = (repeats.at(-1) ?? []).map((row) => {
    const problems = repeats.flatMap(
      (round) => round.find(({ name }) => name === row.name)?.problems ?? [],
    );
    return { ...row, problems: [...new Set(problems)] };
  });
  const tally = (kind: MatrixRow['kind']): Count => {
    const ofKind = rows.filter((row) => row.kind === kind);
    return {
      sound: ofKind.filter(({ problems }) => problems.length === 0).length,
      of: ofKind.length,
    };
  };
  const cells = rows.flatMap((row) => row.cells);
  const notRun = cells.filter(({ status }) => status === 'not run').length;
  const problems = pointProblems(lab, rows);
  const faulty = rows.reduce((sum, row) => sum + row.problems.length, 0);
  const flakes = differing(repeats);
  const failed = problems.length + faulty + flakes.length;
  return {
    lab: lab.id,
    rows,
    problems,
    points: proofOf(lab, misconceptionsOf(lab), rows),
    misconceptions: tally('misconception'),
    solutions: tally('solution'),
    designs: tally('design'),
    seeds,
    flakes,
    cells: { passed: Math.max(0, cells.length - notRun - failed), failed, notRun },
    duration,
  };
}

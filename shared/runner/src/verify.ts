import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  layOut,
  misconceptionsOf,
  solutionsOf,
  type Lab,
  type Task,
  type Overlay,
} from '@backend-labs/catalog';
import { connectStack, ownerTag, type OpenedStack } from '@backend-labs/stack';
import { takeFolder } from './folder.ts';
import { cellOf, differing, problemsOf, type Expectation, type MatrixRow } from './matrix.ts';
import { judge } from './run.ts';
import { Session, type Row } from './session.ts';
import { typecheck } from './typecheck.ts';
import type { TaskResult } from './verdict.ts';

/**
 * Rows at a time, unless told. A row waits for its servers and its clocks about as long as it works:
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
  /** Rows at a time; `WORKERS` when left out. */
  readonly workers?: number;
  /** Names of `rowNames`; all when left out. */
  readonly rows?: readonly string[];
  /** All when left out; those that they need are judged, too. */
  readonly tasks?: readonly Task[];
  /** Told of each verdict as it is reached, with the row's name. */
  readonly onVerdict?: (row: string, result: TaskResult) => void;
  /** Told after each repeat of what all so far came to. */
  readonly onRound?: (report: VerifyReport) => void;
}

export interface VerifyReport {
  readonly lab: string;
  /** Of the last repeat; its problems are those of all repeats. */
  readonly rows: readonly MatrixRow[];
  readonly misconceptions: { readonly killed: number; readonly of: number };
  readonly solutions: { readonly accepted: number; readonly of: number };
  readonly repeats: number;
  /** Cells whose verdict changed between repeats. */
  readonly flakes: readonly string[];
  readonly cells: { readonly passed: number; readonly failed: number; readonly notRun: number };
  /** Milliseconds. */
  readonly duration: number;
}

interface PlannedRow extends Row {
  readonly overlays: readonly Overlay[];
  readonly expectation: Expectation;
}

/** The rows of a lab's matrix: `starter`, `solutions/<name>`, `misconceptions/<slug>`. */
export function rowNames(lab: Lab): string[] {
  return plan(lab, '').map(({ name }) => name);
}

/** Runs a lab's whole matrix and holds it against what the lab says of itself. */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { root, stateDir, lab, stack, repeat, workers = WORKERS, onVerdict } = options;
  const started = performance.now();
  const owner = await ownerTag();
  using folder = await takeFolder(join(stateDir, 'runs'), lab.id);
  const { dir } = folder;
  const rows = plan(lab, dir)
    .filter(({ name }) => options.rows?.includes(name) ?? true)
    .map((row) => {
      const tasks = tasksFor(lab, row.expectation);
      return { ...row, tasks: tasks.filter((task) => options.tasks?.includes(task) ?? true) };
    })
    .filter(({ tasks }) => tasks.length > 0);
  for (const { overlays, target } of rows) layOut(lab, overlays, target);
  const faults = await typecheck(root, dir, rows);
  const context = {
    servers: stack.servers,
    stateDir,
    templates: `${owner}/`,
    keepFailed: false,
    seed: 'learner',
  };
  await using held = new AsyncDisposableStack();
  const lanes: Session[] = [];
  while (lanes.length < Math.min(workers, rows.length)) {
    lanes.push(held.use(await Session.open({ lab, rows, context })));
  }
  const repeats: MatrixRow[][] = [];
  const soFar = () => report(lab, repeats, performance.now() - started);
  while (repeats.length < repeat) {
    repeats.push(await oneRound());
    options.onRound?.(soFar());
  }
  return soFar();

  async function oneRound(): Promise<MatrixRow[]> {
    const verdicts = new Map<string, readonly TaskResult[]>();
    const waiting = rows.values();
    const walk = async (lane: Session): Promise<void> => {
      for (const { name, tasks } of waiting) {
        const told = (result: TaskResult) => onVerdict?.(name, result);
        verdicts.set(name, await judge(lane, stack, lab, name, tasks, told));
      }
    };
    await Promise.all(lanes.map(walk));
    // Each round migrates anew, so that a flake there is seen too.
    await using live = connectStack(stack.servers);
    if (stack.servers.postgres) await (await live.of('postgres')).dropTemplates(`${owner}/`);
    return rows.map(({ name, expectation }) => {
      const cells = (verdicts.get(name) ?? []).map(cellOf);
      const problems = [...(faults.get(name) ?? []), ...problemsOf(lab, expectation, cells)];
      return { name, kind: expectation.kind, cells, problems };
    });
  }
}

function plan(lab: Lab, dir: string): PlannedRow[] {
  const target = (name: string) => join(dir, name);
  return [
    { name: 'starter', target: target('starter'), overlays: [], expectation: { kind: 'starter' } },
    ...solutionsOf(lab).map((overlay): PlannedRow => {
      const name = `solutions/${overlay.name}`;
      return { name, target: target(name), overlays: [overlay], expectation: { kind: 'solution' } };
    }),
    ...misconceptionsOf(lab).map((misconception): PlannedRow => {
      const name = `misconceptions/${misconception.name}`;
      const expectation = { kind: 'misconception', misconception } as const;
      const overlays = misconception.over ? [misconception.over, misconception] : [misconception];
      return { name, target: target(name), overlays, expectation };
    }),
  ];
}

/** Where a lab has parts, a misconception that names tasks of one says nothing of the others. */
export function tasksFor(lab: Lab, expectation: Expectation): readonly Task[] {
  if (expectation.kind !== 'misconception') return lab.tasks;
  const { killedBy, stillPasses } = expectation.misconception;
  const claimed = lab.tasks.filter(({ number }) => [...killedBy, ...stillPasses].includes(number));
  const parts = new Set(claimed.map(({ part }) => part));
  return lab.tasks.filter(({ part }) => parts.has(part));
}

function report(lab: Lab, repeats: readonly MatrixRow[][], duration: number): VerifyReport {
  const rows = (repeats.at(-1) ?? []).map((row) => {
    const problems = repeats.flatMap(
      (round) => round.find(({ name }) => name === row.name)?.problems ?? [],
    );
    return { ...row, problems: [...new Set(problems)] };
  });
  const tally = (kind: MatrixRow['kind']) => {
    const ofKind = rows.filter((row) => row.kind === kind);
    return {
      sound: ofKind.filter(({ problems }) => problems.length === 0).length,
      of: ofKind.length,
    };
  };
  const misconceptions = tally('misconception');
  const solutions = tally('solution');
  const cells = rows.flatMap((row) => row.cells);
  const notRun = cells.filter(({ status }) => status === 'not run').length;
  const faulty = rows.reduce((sum, row) => sum + row.problems.length, 0);
  const flakes = differing(repeats);
  const failed = faulty + flakes.length;
  return {
    lab: lab.id,
    rows,
    misconceptions: { killed: misconceptions.sound, of: misconceptions.of },
    solutions: { accepted: solutions.sound, of: solutions.of },
    repeats: repeats.length,
    flakes,
    cells: { passed: Math.max(0, cells.length - notRun - failed), failed, notRun },
    duration,
  };
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Lab, layOut, mutantMarksOf, type Solution } from '@backend-labs/catalog';
import { takeFolder } from '@backend-labs/runner';
import type { OpenedStack } from '@backend-labs/stack';
import { CoverageMap } from './coverage/coverage.ts';
import { generate } from './generate.ts';
import { judgeAll } from './judge.ts';
import { sortByMarks } from './marks.ts';
import type { Mutant } from './mutant.ts';
import { type MutationReport, survivorOf } from './report.ts';
import { digestOf, Results } from './results.ts';
import { typeFaults } from './type-faults.ts';
import type { MutantVerdict } from './verdict.ts';
import { Workplace } from './workplace.ts';

/** Mutants at a time, by default: one waits for its servers and its clocks about as long as it works. */
export const LANES = 2 * availableParallelism();

/** What happens, in the order in which it happens. */
export type MutationEvent =
  | { readonly type: 'generated'; readonly count: number }
  | { readonly type: 'type-checked'; readonly left: number }
  | { readonly type: 'measuring'; readonly task: number; readonly of: number }
  | {
      readonly type: 'judged';
      readonly mutant: Mutant;
      readonly verdict: MutantVerdict;
      readonly done: number;
      readonly of: number;
    };

export interface MutateOptions {
  readonly root: string;
  readonly stateDir: string;
  readonly lab: Lab;
  /** All labs: files that several starters have are not mutated. */
  readonly labs: readonly Lab[];
  readonly solution: Solution;
  readonly stack: OpenedStack;
  /** How many to judge; all when left out. */
  readonly sample?: number;
  /** Draws the sample. */
  readonly seed: string;
  /** Judge only what was not killed before. */
  readonly again: boolean;
  readonly lanes?: number;
  readonly onEvent: (event: MutationEvent) => void;
  /** Stops the run. What was judged is kept. */
  readonly signal: AbortSignal;
}

/**
 * Judges the mutants of a solution with the lab's tests. Verdicts are kept in
 * `<stateDir>/mutants/<lab>/<solution>.json`.
 *
 * @throws MutationError SOLUTION_RED; the signal's reason when it is aborted.
 */
export async function mutate(options: MutateOptions): Promise<MutationReport> {
  const { root, stateDir, lab, labs, solution, seed, sample, again, onEvent, signal } = options;
  const started = performance.now();
  using folder = await takeFolder(join(stateDir, 'runs'), `mutants-${lab.id}`);
  const dir = join(folder.dir, 'solution');
  const typed = join(folder.dir, 'typed');
  for (const each of [dir, typed]) layOut(lab, solution.layers, each);
  const others = labs.filter(({ id }) => id !== lab.id);
  const { mutants, faults: notMutated } = await generate(dir, others);
  onEvent({ type: 'generated', count: mutants.length });
  const untyped = await typeFaults(root, typed, mutants);
  const compiled = mutants.filter(({ id }) => !untyped.has(id));
  onEvent({ type: 'type-checked', left: compiled.length });
  signal.throwIfAborted();

  const sourceOf = cached((file: string) => readFileSync(join(dir, file), 'utf8'));
  const lineOf = ({ file, line }: Mutant) => sourceOf(file).split('\n')[line - 1] ?? '';
  const sorted = sortByMarks(compiled, mutantMarksOf(lab), lineOf, solution.name);
  const sampled = drawn(compiled, seed, sample);
  const unmarked = new Set(sorted.unmarked);
  const left = sampled.filter((each) => unmarked.has(each));
  // In the order of the draw, the part of a sample that was judged so far is a sample as well.
  const chosen = sample === undefined ? inOrder(left) : left;
  const results = Results.open(
    join(stateDir, 'mutants', lab.id, `${solution.name}.json`),
    digestOf(lab, dir),
    again,
  );
  const map = await judged(options, folder.dir, dir, chosen, results);

  const survivors = chosen.flatMap((mutant) => {
    const verdict = results.get(mutant.id);
    if (!verdict || verdict.status === 'killed') return [];
    return [survivorOf(mutant, verdict.status, verdict, sourceOf(mutant.file), map.of(mutant))];
  });
  const equivalent = sorted.marked.filter(({ mark }) => mark.reason === 'equivalent').length;
  return {
    lab: lab.id,
    solution: solution.name,
    seed,
    ...(sample !== undefined && { sample: sampled.length }),
    generated: mutants.length,
    untyped: untyped.size,
    marked: { equivalent, notAskedFor: sorted.marked.length - equivalent },
    judged: chosen.length,
    killed: chosen.length - survivors.length,
    survivors,
    faults: sorted.faults,
    notMutated,
    duration: performance.now() - started,
  };
}

/** Judges those that have no verdict yet. */
async function judged(
  { lab, solution, stack, stateDir, lanes = LANES, onEvent, signal }: MutateOptions,
  home: string,
  dir: string,
  chosen: readonly Mutant[],
  results: Results,
): Promise<CoverageMap> {
  await using place = await Workplace.open({ lab, solution, stack, stateDir, home, signal });
  results.coverage ??= await place.measure(({ number }) => {
    onEvent({ type: 'measuring', task: number, of: lab.tasks.length });
  });
  const { coverage } = results;
  const map = new CoverageMap(lab, dir, coverage);
  const left = chosen.filter(({ id }) => !results.get(id));
  let done = chosen.length - left.length;
  await judgeAll(
    left,
    lanes,
    (mutant, lane) => {
      const { tasks } = map.of(mutant);
      const { slowest } = coverage;
      return place.judge(mutant, lane, tasks, { expected: map.duration(tasks), slowest });
    },
    (mutant, verdict) => {
      results.set(mutant.id, verdict);
      done += 1;
      onEvent({ type: 'judged', mutant, verdict, done, of: chosen.length });
    },
    signal,
  );
  return map;
}

/** A sample that depends on the seed, and neither on the marks nor on what else there is. */
function drawn(mutants: readonly Mutant[], seed: string, sample = mutants.length): Mutant[] {
  const rank = cached((id) => createHash('sha256').update(`${seed}/${id}`).digest('hex'));
  return mutants.toSorted((a, b) => (rank(a.id) < rank(b.id) ? -1 : 1)).slice(0, sample);
}

/** SQL first: most holes at the level of a task came from it. */
function inOrder(mutants: readonly Mutant[]): Mutant[] {
  return mutants.toSorted(
    (a, b) =>
      Number(a.kind === 'typescript') - Number(b.kind === 'typescript') ||
      a.file.localeCompare(b.file) ||
      a.at - b.at,
  );
}

function cached<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}

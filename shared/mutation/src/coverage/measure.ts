import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Task } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
import type { Session } from '@backend-labs/runner';
import { MutationError } from '../errors.ts';
import type { Coverage } from './coverage.ts';
import { type Hit, pointsByRegion, prelude, readHits, type TestRun } from './hits.ts';
import { instrument } from './regions.ts';

/** Makes every source file of a service tell which of its regions run. */
export function instrumentFolder(dir: string, hitsFile: string): void {
  for (const file of globSync('src/**/*.ts', { cwd: dir })) {
    if (file.endsWith('.test.ts')) continue;
    const path = join(dir, file);
    writeFileSync(path, instrument(file, readFileSync(path, 'utf8'), prelude(hitsFile)).text);
  }
}

export interface MeasureOptions {
  readonly lab: Lab;
  /** Of the row that is the instrumented solution. */
  readonly session: Pick<Session, 'run'>;
  readonly row: string;
  readonly hitsFile: string;
  /** Called before each task. */
  readonly onTask: (task: Task) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs every task against the instrumented solution and reads what ran.
 *
 * @throws MutationError SOLUTION_RED when a task does not pass.
 */
export async function measure(options: MeasureOptions): Promise<Coverage> {
  const { lab, hitsFile, onTask, signal } = options;
  const coverage: Coverage = { regions: {}, durations: {}, slowest: 0 };
  for (const task of lab.tasks) {
    signal.throwIfAborted();
    onTask(task);
    rmSync(hitsFile, { force: true });
    const tests = await runTask(options, task);
    const hits = existsSync(hitsFile) ? readHits(readFileSync(hitsFile, 'utf8')) : [];
    add(coverage, task, hits, tests);
  }
  return coverage;
}

async function runTask(
  { lab, session, row, signal }: MeasureOptions,
  task: Task,
): Promise<TestRun[]> {
  const tests: TestRun[] = [];
  let verdict: TaskVerdict | undefined;
  await session.run([{ row, task }], (event) => {
    if (event.type === 'ended') verdict = event.verdict;
    if (event.type !== 'test ended') return;
    const { began, test } = event;
    tests.push({ points: test.points, began, duration: test.duration });
  });
  signal.throwIfAborted();
  if (verdict?.status === 'passed') return tests;
  const failure = verdict?.trouble ?? verdict?.tests.flatMap(({ failures }) => failures)[0];
  throw new MutationError(
    'SOLUTION_RED',
    `Task ${task.number} does not pass with the solution itself: ${failure?.message ?? 'no verdict'}\n` +
      `Run: npm run labs -- verify ${lab.number} --task ${task.number}`,
  );
}

function add(
  coverage: Coverage,
  task: Task,
  hits: readonly Hit[],
  tests: readonly TestRun[],
): void {
  for (const [region, points] of pointsByRegion(hits, tests)) {
    const own = (coverage.regions[region] ??= { tasks: [], points: [] });
    own.tasks.push(task.number);
    own.points.push(...points);
  }
  const durations = tests.map(({ duration }) => duration);
  coverage.durations[task.number] = durations.reduce((sum, each) => sum + each, 0);
  coverage.slowest = Math.max(coverage.slowest, ...durations);
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab, Task } from '@backend-labs/catalog';
import type { RunContext, TaskVerdict, TestVerdict } from '@backend-labs/protocol';
import '@backend-labs/protocol/vitest';
import {
  BaseSequencer,
  createVitest,
  type Reporter,
  type TestCase,
  type TestModule,
  type TestSpecification,
  type Vitest,
} from 'vitest/node';
import { pointVerdicts, testVerdict, unrun, verdictOf } from './verdict.ts';
import { LastingWorkers } from './workers.ts';

/** What a learner's runs draw from: the same data each time. */
export const LEARNER_SEED = 'learner';

/** One line of the matrix: the lab's tests against one folder. */
export interface Row {
  readonly name: string;
  /** The folder under test. */
  readonly target: string;
}

/** One task judged against one folder. */
export interface Cell {
  readonly row: string;
  readonly task: Task;
}

/** What a session reports of a cell, as it happens. */
export type CellEvent = { readonly row: string; readonly task: Task } & (
  | { readonly type: 'started' }
  /** `points`: those whose verdict this test settles. */
  | {
      readonly type: 'test ended';
      readonly test: TestVerdict;
      /** When it began: milliseconds since 1970. */
      readonly began: number;
      readonly points: TaskVerdict['points'];
    }
  /** Every test has ended. What the file used is put away next. */
  | { readonly type: 'decided'; readonly verdict: TaskVerdict }
  | { readonly type: 'ended'; readonly verdict: TaskVerdict }
);

export interface SessionOptions {
  readonly lab: Lab;
  readonly rows: readonly Row[];
  readonly context: Pick<
    RunContext,
    'servers' | 'stateDir' | 'templates' | 'keepFailed' | 'seed' | 'sandbox' | 'ahead'
  >;
  /** Outer deadline of one test, in ms; `TEST_DEADLINE` or `BUILD_DEADLINE` when left out. */
  readonly testDeadline?: number;
}

export type OnCellEvent = (event: CellEvent) => void;

/** Outer deadline of one test, in ms: far above what any takes, so that its end is a fault of ours. */
export const TEST_DEADLINE = 120_000;

/** The same where a test may build images: each build has four minutes of its own. */
export const BUILD_DEADLINE = 600_000;

/**
 * Warnings of Node's that say nothing to a learner: kafkajs sets timers that have run out, and a test
 * that waits for two answers in turn looks late at the second one's failure.
 */
const QUIET = ['TimeoutNegativeWarning', 'PromiseRejectionHandledWarning'].map(
  (name) => `--disable-warning=${name}`,
);

/** What a worker loads first, so that Ctrl-C lets it put away what it has leased. */
const SPARED = import.meta.resolve('./worker-interrupt.ts');

/** Reports each test when it has ended. */
const RUNNER = fileURLToPath(import.meta.resolve('./prompt-runner.ts'));

/**
 * A vitest for a lab. It runs the same test files against one folder after another; it and its worker
 * stay between runs, which is what makes watching quick. Runs one file at a time.
 */
export class Session implements AsyncDisposable {
  readonly #vitest: Vitest;
  readonly #reporter: CellReporter;
  readonly #workers: LastingWorkers;
  readonly #rows: ReadonlyMap<string, Row>;
  #run: RunContext;

  private constructor(
    vitest: Vitest,
    reporter: CellReporter,
    workers: LastingWorkers,
    rows: readonly Row[],
    run: RunContext,
  ) {
    this.#vitest = vitest;
    this.#reporter = reporter;
    this.#workers = workers;
    this.#rows = new Map(rows.map((row) => [row.name, row]));
    this.#run = run;
  }

  static async open(options: SessionOptions): Promise<Session> {
    const { lab, rows, context } = options;
    const most = lab.servers.includes('images') ? BUILD_DEADLINE : TEST_DEADLINE;
    const testDeadline = options.testDeadline ?? most;
    const workers = new LastingWorkers();
    const reporter = new CellReporter(lab, () => void workers.retire());
    const run: RunContext = {
      ...context,
      lab: lab.id,
      labDir: lab.dir,
      target: '',
      row: '',
      leases: lab.servers,
      protocol: 1,
    };
    const interrupts = listeners();
    const vitest = await createVitest(
      {
        root: lab.dir,
        config: false,
        watch: false,
        silent: true,
        // All files of a run share a process: what they import loads once.
        maxWorkers: 1,
        isolate: false,
        reporters: [reporter],
        sequence: { sequencer: InOrder },
        name: lab.id,
        include: ['tests/*.test.ts'],
        pool: workers.pool,
        runner: RUNNER,
        execArgv: [...QUIET, '--import', SPARED],
        // Up to a line or two a value is shown as it is. Of a longer one the verdict shows the diff.
        chaiConfig: { truncateThreshold: 200 },
        testTimeout: testDeadline,
        hookTimeout: testDeadline,
        // Node runs the TypeScript itself: no transform, no module graph to warm up per row.
        experimental: { viteModuleRunner: false, nodeLoader: false },
        provide: {
          leases: Object.fromEntries(lab.tasks.map(({ file, servers }) => [file, servers])),
          run,
        },
      },
      { cacheDir: join(context.stateDir, 'vite'), logLevel: 'silent' },
    );
    await vitest.standalone();
    // vitest's own end the process at once, with leases and services still out.
    keepOnly(interrupts);
    return new Session(vitest, reporter, workers, rows, run);
  }

  /**
   * Judges the cells, one after the other.
   *
   * @param onEvent called for each test and each cell as it ends; for a cell that did not finish, at
   *   the end.
   */
  async run(cells: readonly Cell[], onEvent: OnCellEvent): Promise<void> {
    const byRow = Map.groupBy(cells, ({ row }) => row);
    for (const [name, own] of byRow) {
      const row = this.#rows.get(name);
      if (!row) throw new RangeError(`no row ${name}`);
      await this.#runRow(
        row,
        own.map(({ task }) => task),
        onEvent,
      );
    }
  }

  async #runRow({ name, target }: Row, tasks: readonly Task[], onEvent: OnCellEvent) {
    const project = this.#vitest.getRootProject();
    project.provide('run', { ...this.#run, row: name, target });
    const open = new Set(tasks.map(({ number }) => number));
    this.#reporter.listen(name, (event) => {
      const { number } = event.task;
      if (event.type === 'ended' ? open.delete(number) : open.has(number)) onEvent(event);
    });
    const specifications = tasks.map(({ file }) => project.createSpecification(file));
    const { unhandledErrors } = await this.#vitest.runTestSpecifications(specifications);
    const [stray] = unhandledErrors;
    if (stray) await this.#workers.retire();
    for (const task of tasks.filter(({ number }) => open.has(number))) {
      const message = `Its tests did not finish${stray ? `: ${messageOf(stray)}` : '.'}`;
      const verdict = unrun(task, 'error', { trouble: { status: 'error', message } });
      onEvent({ type: 'ended', row: name, task, verdict });
    }
  }

  /** From now on tests draw their data from this seed. */
  reseed(seed: string): void {
    this.#run = { ...this.#run, seed };
  }

  /** Stops after the test under way; its service and lease are put away. */
  async cancel(): Promise<void> {
    await this.#vitest.cancelCurrentRun('keyboard-input');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vitest.close();
    await this.#workers[Symbol.asyncDispose]();
  }
}

/** What vitest says of a test or a hook that may still go on. */
const TIMED_OUT = /^(?:Test|Hook) timed out/u;

/** Turns vitest's files into cells. All printing is the caller's. */
class CellReporter implements Reporter {
  readonly #lab: Lab;
  readonly #onTimeout: () => void;
  #listener: OnCellEvent = () => {};
  #row = '';
  /** Tests whose end was reported: a worker may say it twice. */
  readonly #ended = new Set<string>();

  constructor(lab: Lab, onTimeout: () => void) {
    this.#lab = lab;
    this.#onTimeout = onTimeout;
  }

  /** From now on the tests run against that row. */
  listen(row: string, listener: OnCellEvent): void {
    this.#row = row;
    this.#listener = listener;
    this.#ended.clear();
  }

  onTestModuleStart(module: TestModule): void {
    const task = this.#taskOf(module);
    if (task) this.#listener({ type: 'started', row: this.#row, task });
  }

  onTestCaseResult(test: TestCase): void {
    const task = this.#taskOf(test.module);
    if (!task || this.#ended.has(test.id)) return;
    this.#ended.add(test.id);
    const { errors = [] } = test.result();
    if (errors.some(({ message }) => TIMED_OUT.test(message))) this.#onTimeout();
    const points = settledBy(test, task);
    const row = this.#row;
    const began = test.diagnostic()?.startTime ?? 0;
    this.#listener({ type: 'test ended', row, task, test: testVerdict(test), began, points });
    if (isOver(test.module)) {
      this.#listener({ type: 'decided', row, task, verdict: verdictOf(task, test.module) });
    }
  }

  onTestModuleEnd(module: TestModule): void {
    const task = this.#taskOf(module);
    if (!task) return;
    this.#listener({ type: 'ended', row: this.#row, task, verdict: verdictOf(task, module) });
  }

  #taskOf(module: TestModule): Task | undefined {
    return this.#lab.tasks.find(({ file }) => file === module.moduleId);
  }
}

function isOver(module: TestModule): boolean {
  return [...module.children.allTests()].every((test) => test.result().state !== 'pending');
}

/** The points that are decided when this test has ended: it failed, or it was the last of theirs. */
function settledBy(ended: TestCase, task: Task): TaskVerdict['points'] {
  const judgesPoint = (test: TestCase, id: string) => test.meta().points?.includes(id) ?? false;
  const all = [...ended.module.children.allTests()];
  const done = all.filter((test) => test.result().state !== 'pending').map(testVerdict);
  return pointVerdicts(task, done).filter(({ id, status }) => {
    if (!judgesPoint(ended, id)) return false;
    const left = all.some((test) => judgesPoint(test, id) && test.result().state === 'pending');
    return status === 'failed' || !left;
  });
}

const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;

function listeners() {
  return INTERRUPTS.map((signal) => process.listeners(signal));
}

function keepOnly(mine: ReturnType<typeof listeners>): void {
  for (const [at, signal] of INTERRUPTS.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!mine[at]?.includes(listener)) process.off(signal, listener);
    }
  }
}

/** A learner reads the verdicts in the order of the tasks. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ||
    (typeof error === 'object' && error !== null && 'message' in error)
    ? String(error.message)
    : String(error);
}

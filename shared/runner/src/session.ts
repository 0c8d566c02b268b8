import { join } from 'node:path';
import type { Lab, Task } from '@backend-labs/catalog';
import type { RunContext } from '@backend-labs/protocol';
import '@backend-labs/protocol/vitest';
import {
  BaseSequencer,
  createVitest,
  type Reporter,
  type TestModule,
  type TestSpecification,
  type Vitest,
} from 'vitest/node';
import { type TaskResult, unrun, verdictOf } from './verdict.ts';

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

export interface CellResult {
  readonly row: string;
  readonly result: TaskResult;
}

export interface SessionOptions {
  readonly lab: Lab;
  readonly rows: readonly Row[];
  readonly context: Pick<RunContext, 'servers' | 'stateDir' | 'templates' | 'keepFailed' | 'seed'>;
}

/** Told of each cell as it ends. */
export type OnCell = (cell: CellResult) => void;

/** Outer deadline of one test, in ms: far above what any takes, so that its end is a fault of ours. */
const TEST_DEADLINE = 120_000;

/**
 * A vitest for a lab. Every row is a project of its own that runs the same test files against another
 * folder; it stays open between runs, which is what makes watching quick. Runs one file at a time.
 */
export class Session implements AsyncDisposable {
  readonly #vitest: Vitest;
  readonly #reporter: CellReporter;

  private constructor(vitest: Vitest, reporter: CellReporter) {
    this.#vitest = vitest;
    this.#reporter = reporter;
  }

  static async open(options: SessionOptions): Promise<Session> {
    const { lab, rows, context } = options;
    const reporter = new CellReporter(lab);
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
        projects: rows.map((row) => ({
          test: {
            name: row.name,
            root: lab.dir,
            include: ['tests/*.test.ts'],
            pool: 'forks',
            // kafkajs sets timers that have run out, and Node warns of each on the learner's screen.
            execArgv: ['--disable-warning=TimeoutNegativeWarning'],
            testTimeout: TEST_DEADLINE,
            hookTimeout: TEST_DEADLINE,
            // Node runs the TypeScript itself: no transform, no module graph to warm up per row.
            experimental: { viteModuleRunner: false, nodeLoader: false },
            provide: {
              leases: Object.fromEntries(lab.tasks.map(({ file, servers }) => [file, servers])),
              run: {
                ...context,
                lab: lab.id,
                labDir: lab.dir,
                target: row.target,
                row: row.name,
                leases: lab.servers,
                protocol: 1,
              },
            },
          },
        })),
      },
      { cacheDir: join(context.stateDir, 'vite'), logLevel: 'silent' },
    );
    await vitest.standalone();
    // vitest's own end the process at once, with leases and services still out.
    keepOnly(interrupts);
    return new Session(vitest, reporter);
  }

  /**
   * Judges the cells, one after the other.
   *
   * @param onCell told of every cell, as it ends; of one that came to no end, at the end.
   */
  async run(cells: readonly Cell[], onCell: OnCell): Promise<void> {
    if (cells.length === 0) return;
    const open = new Map(cells.map((cell) => [keyOf(cell.row, cell.task.number), cell]));
    this.#reporter.listener = (cell) => {
      if (open.delete(keyOf(cell.row, cell.result.task))) onCell(cell);
    };
    const specifications = cells.map(({ row, task }) => this.#specification(row, task));
    const { unhandledErrors } = await this.#vitest.runTestSpecifications(specifications);
    const [stray] = unhandledErrors;
    for (const { row, task } of open.values()) {
      const message = `Its tests came to no end${stray ? `: ${messageOf(stray)}` : '.'}`;
      onCell({ row, result: unrun(task, 'error', { message }) });
    }
  }

  /** Stops after the test under way; its service and lease are put away. */
  async cancel(): Promise<void> {
    await this.#vitest.cancelCurrentRun('keyboard-input');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vitest.close();
  }

  #specification(row: string, task: Task): TestSpecification {
    return this.#vitest.getProjectByName(row).createSpecification(task.file);
  }
}

/** Turns vitest's files into cells. All printing is the caller's. */
class CellReporter implements Reporter {
  listener: OnCell = () => {};
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  onTestModuleEnd(module: TestModule): void {
    const task = this.#lab.tasks.find(({ file }) => file === module.moduleId);
    if (task) this.listener({ row: module.project.name, result: verdictOf(task, module) });
  }
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

function keyOf(row: string, task: number): string {
  return `${row} ${task}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ||
    (typeof error === 'object' && error !== null && 'message' in error)
    ? String(error.message)
    : String(error);
}

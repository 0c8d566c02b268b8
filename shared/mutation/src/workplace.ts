import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lab, layOut, type Solution, type Task } from '@backend-labs/catalog';
import { LEARNER_SEED, Session } from '@backend-labs/runner';
import { connectStack, type OpenedStack, ownerTag, type Stack } from '@backend-labs/stack';
import type { Coverage } from './coverage/coverage.ts';
import { instrumentFolder, measure } from './coverage/measure.ts';
import { judgeMutant, judgeTwiceIfLong, killerFirst } from './judge.ts';
import type { Mutant } from './mutant.ts';
import type { MutantVerdict } from './verdict.ts';

/** How many times longer than the solution a mutant may take. */
const PATIENCE = 4;
/** Least deadline of a test, in ms: with several mutants at a time, everything takes longer. */
const LEAST_TEST = 45_000;
/** Added to the deadline of a mutant, in ms: it may build a template. */
const LEAST_RUN = 120_000;

export interface WorkplaceOptions {
  readonly lab: Lab;
  readonly solution: Solution;
  readonly stack: Pick<OpenedStack, 'servers'>;
  readonly stateDir: string;
  /** A folder for the folders under test. */
  readonly home: string;
  readonly signal: AbortSignal;
}

/** Where mutants are laid out and judged. Disposing drops the templates that they made. */
export class Workplace implements AsyncDisposable {
  readonly #options: WorkplaceOptions;
  readonly #leases: Stack;
  readonly #owner: string;

  private constructor(options: WorkplaceOptions, owner: string) {
    this.#options = options;
    this.#leases = connectStack(options.stack.servers);
    this.#owner = owner;
  }

  static async open(options: WorkplaceOptions): Promise<Workplace> {
    return new Workplace(options, await ownerTag());
  }

  /**
   * Runs the solution once, to learn which tasks run which code.
   *
   * @param onTask called before each task.
   * @throws MutationError SOLUTION_RED
   */
  async measure(onTask: (task: Task) => void): Promise<Coverage> {
    const { lab, home, signal } = this.#options;
    const hitsFile = join(home, 'hits');
    const target = this.#layOut('instrumented');
    instrumentFolder(target, hitsFile);
    await using session = await this.#session(target, this.#shared);
    let cancelled: Promise<void> | undefined;
    const stop = () => {
      cancelled = session.cancel();
    };
    signal.addEventListener('abort', stop);
    try {
      return await measure({ lab, session, row: ROW, hitsFile, onTask, signal });
    } finally {
      signal.removeEventListener('abort', stop);
      // A session that is closed before its cancel has ended kills what still puts leases away.
      await cancelled;
    }
  }

  /**
   * Judges one mutant.
   *
   * @param lane of several that judge at the same time.
   * @param tasks that run its code. @param expected how long they take with the solution, in ms.
   * @param slowest of the solution's tests, in ms.
   */
  async judge(
    mutant: Mutant,
    lane: number,
    tasks: readonly Task[],
    { expected, slowest }: { readonly expected: number; readonly slowest: number },
  ): Promise<MutantVerdict> {
    if (tasks.length === 0) return { status: 'not run', duration: 0 };
    const target = this.#layOut(`lane-${lane}`);
    writeFileSync(join(target, mutant.file), mutant.text);
    // A template is as large as the lab's data: one of a changed migration is of no use to others.
    const own = mutant.file.startsWith('migrations/') ? `${this.#shared}${mutant.id}/` : undefined;
    try {
      const test = Math.max(LEAST_TEST, PATIENCE * slowest);
      const deadlines = { run: LEAST_RUN + PATIENCE * expected, test };
      return await judgeTwiceIfLong(async (first) => {
        await using session = await this.#session(target, own ?? this.#shared, test);
        const order = killerFirst(tasks, first);
        return await judgeMutant(session, ROW, order, deadlines, this.#options.signal);
      });
    } finally {
      if (own !== undefined) await this.#drop(own);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#drop(this.#shared);
    await this.#leases[Symbol.asyncDispose]();
  }

  /** Starts the keys of all templates. */
  get #shared(): string {
    return `${this.#owner}/mutants/`;
  }

  #layOut(name: string): string {
    const { lab, solution, home } = this.#options;
    const target = join(home, name);
    layOut(lab, solution.layers, target);
    return target;
  }

  /** One session a mutant: what a session remembers of one run says nothing about the next mutant. */
  #session(target: string, templates: string, testDeadline?: number): Promise<Session> {
    const { lab, stack, stateDir } = this.#options;
    return Session.open({
      lab,
      rows: [{ name: ROW, target }],
      context: {
        servers: stack.servers,
        stateDir,
        templates,
        keepFailed: false,
        seed: LEARNER_SEED,
      },
      ...(testDeadline !== undefined && { testDeadline }),
    });
  }

  async #drop(prefix: string): Promise<void> {
    if (!this.#options.stack.servers['postgres']) return;
    await (await this.#leases.of('postgres')).dropTemplates(prefix);
  }
}

/** Each session has one row. */
const ROW = 'mutant';

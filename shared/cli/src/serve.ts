import {
  describeExit,
  launch,
  MIGRATE,
  type Output,
  type Program,
  requireScripts,
  runScript,
  ServiceError,
  type Target,
  type Variables,
} from '@backend-labs/launcher';

/** One script of a copy's package.json. */
export interface ServedScript {
  readonly script: string;
  /** What this program alone sees. */
  readonly env: Variables;
}

export interface ServeOptions {
  readonly run: Target;
  readonly lease: { readonly env: Variables };
  readonly programs: readonly ServedScript[];
  /** Whether there is a database to migrate. */
  readonly migrates: boolean;
  readonly output: Output;
}

/**
 * A learner's programs on their terminal, migrated and started again at each restart. They see what
 * they see under test, because the same launcher starts them.
 */
export class ServedCopy implements AsyncDisposable {
  readonly #options: ServeOptions;
  readonly #over = new AbortController();
  readonly #running = new Set<Program>();
  #turn: Promise<void> = Promise.resolve();
  /** A restart that waits for its turn: it covers every save until it begins. */
  #waiting: Promise<void> | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the programs are started, or when a failed migration has been reported.
   *
   * @throws ServiceError, the learner's fault: `NO_SCRIPT`, `CRASHED_AT_START`, `SCRIPT_TOO_SLOW`.
   */
  restart(): Promise<void> {
    this.#waiting ??= this.#turn
      .catch(() => {})
      .then(() => {
        this.#waiting = undefined;
        this.#turn = this.#restart();
        return this.#turn;
      });
    return this.#waiting;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#waiting?.catch(() => {});
    await this.#turn.catch(() => {});
    await this.#stop();
  }

  async #restart(): Promise<void> {
    const { run, programs } = this.#options;
    const names = programs.map(({ script }) => script);
    // Read as it was saved: while the programs stop, the next save may come.
    const [found] = await Promise.allSettled([requireScripts(run.target, names), this.#stop()]);
    if (this.#over.signal.aborted) return;
    if (found.status === 'rejected') throw found.reason;
    const scripts = found.value;
    if (scripts[MIGRATE] !== undefined && !(await this.#migrate())) return;
    for (const program of programs) await this.#start(program);
  }

  /** Whether the programs can start. */
  async #migrate(): Promise<boolean> {
    const { run, lease, migrates, output } = this.#options;
    if (!migrates) return true;
    const { signal } = this.#over;
    const trouble = await runScript({ run, script: MIGRATE, lease, output, signal }).then(
      (exit) => exit.code !== 0 && `npm run ${MIGRATE} ended with ${describeExit(exit)}.`,
      (error: unknown) => {
        if (error instanceof ServiceError) return error.message;
        throw error;
      },
    );
    if (trouble === false) return true;
    if (!signal.aborted) this.#say(`${trouble} Nothing was started. Save a file to try again.`);
    return false;
  }

  async #start({ script, env }: ServedScript): Promise<void> {
    const { run, lease, output } = this.#options;
    const program = await launch({ run, script, lease, env, output });
    this.#running.add(program);
    void program.exited.then((exit) => {
      // One that was stopped is no longer there.
      if (!this.#running.delete(program)) return;
      this.#say(
        `npm run ${script} ended with ${describeExit(exit)}. Save a file to start it again.`,
      );
    });
  }

  async #stop(): Promise<void> {
    const programs = [...this.#running];
    this.#running.clear();
    await Promise.all(programs.map((program) => program.stop()));
  }

  #say(line: string): void {
    this.#options.output.stderr.write(`labs: ${line}\n`);
  }
}

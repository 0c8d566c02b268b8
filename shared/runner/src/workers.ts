import { EventEmitter } from 'node:events';
import {
  ForksPoolWorker,
  type PoolOptions,
  type PoolRunnerInitializer,
  type PoolWorker,
  type WorkerRequest,
} from 'vitest/node';

/** Runs of one process. Each imports its test file anew, and what was imported stays in the memory. */
const MOST_RUNS = 50;

/** Bytes of a process's heap after which it is replaced: a run needs a tenth of it. */
const MOST_HEAP = 300_000_000;

/** How long a process may take to put away what it keeps between runs, in ms. */
const GRACE = 10_000;

const NAME = 'lasting';

/** A message from a worker to the runner: `WorkerResponse` of vitest, or a call of its RPC. */
interface Response {
  readonly __vitest_worker_response__?: true;
  readonly type: 'started' | 'stopped' | 'testfileFinished';
  readonly error?: unknown;
  readonly usedMemory?: number;
}

/**
 * vitest's workers, with processes that outlive a run: the next run finds the testkit imported. A
 * process that did not end its run in good order is ended, and the next run has another.
 */
export class LastingWorkers implements AsyncDisposable {
  /** Waits for the next run. */
  #idle: WorkerProcess | undefined;
  #busy: WorkerProcess | undefined;

  /** For the option `pool` of vitest. */
  get pool(): PoolRunnerInitializer {
    return { name: NAME, createPoolWorker: (options) => new RunWorker(options, this) };
  }

  async take(options: PoolOptions): Promise<WorkerProcess> {
    const process = this.#idle ?? new WorkerProcess(options);
    this.#idle = undefined;
    this.#busy = process;
    if (!process.isRunning) await process.start();
    return process;
  }

  /** Keeps it for the next run, or ends it. */
  async giveBack(process: WorkerProcess): Promise<void> {
    if (this.#busy === process) this.#busy = undefined;
    if (process.mayGoOn && !this.#idle) this.#idle = process;
    else await process.end();
  }

  /** The next run has another process: a test of this one may still go on. */
  async retire(): Promise<void> {
    this.#busy?.retire();
    const idle = this.#idle;
    this.#idle = undefined;
    await idle?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.retire();
  }
}

/** A process, over several runs. */
class WorkerProcess {
  readonly #fork: ForksPoolWorker;
  readonly #messages = new EventEmitter();
  /** Came between two runs, when nobody listens. */
  readonly #early: Response[] = [];
  #runs = 0;
  #isSetUp = false;
  #isInRun = false;
  #isRetired = false;
  isRunning = false;

  constructor(options: PoolOptions) {
    this.#fork = new ForksPoolWorker(options);
  }

  async start(): Promise<void> {
    await this.#fork.start();
    this.isRunning = true;
    this.#fork.on('message', (message: Response) => this.#receive(message));
    this.#fork.on('exit', () => {
      this.isRunning = false;
    });
  }

  /** It runs, its last run ended in good order, and it may have another. */
  get mayGoOn(): boolean {
    return this.isRunning && !this.#isInRun && !this.#isRetired;
  }

  /** The run under way is its last. */
  retire(): void {
    this.#isRetired = true;
  }

  get fork(): ForksPoolWorker {
    return this.#fork;
  }

  get messages(): EventEmitter {
    return this.#messages;
  }

  /** The process is set up once. Between two runs it is not told to stop. */
  send(message: WorkerRequest): void {
    if (message.type === 'start' && this.#isSetUp) return this.#answer('started');
    if (message.type === 'stop' && this.mayGoOn) return this.#answer('stopped');
    if (message.type === 'run') {
      this.#runs += 1;
      this.#isInRun = true;
      // A module that was imported between two runs is a question to vitest. Without its answer the run
      // would never end.
      for (const early of this.#early.splice(0)) this.#messages.emit('message', early);
    }
    this.#fork.send(message);
  }

  /** Lets it put away what it keeps between runs, and ends it. */
  async end(): Promise<void> {
    if (this.mayGoOn) {
      this.retire();
      const { promise, resolve } = Promise.withResolvers<void>();
      const stopped = ({ type }: Response) => type === 'stopped' && resolve();
      this.#messages.on('message', stopped);
      this.#fork.on('exit', resolve);
      const timer = setTimeout(resolve, GRACE);
      this.#fork.send({ type: 'stop', __vitest_worker_request__: true });
      await promise;
      clearTimeout(timer);
    }
    await this.#fork.stop();
  }

  #receive(message: Response): void {
    if (message.__vitest_worker_response__) {
      if (message.type === 'started') this.#isSetUp = message.error === undefined;
      if (message.type === 'testfileFinished') {
        this.#isInRun = message.error !== undefined;
        const heap = message.usedMemory ?? 0;
        if (heap > MOST_HEAP || this.#runs >= MOST_RUNS) this.retire();
      }
    }
    const isHeard = this.#messages.emit('message', message);
    if (!isHeard && !message.__vitest_worker_response__) this.#early.push(message);
  }

  #answer(type: 'started' | 'stopped'): void {
    setImmediate(() => this.#messages.emit('message', { type, __vitest_worker_response__: true }));
  }
}

/** What vitest sees: a worker for one run. */
class RunWorker implements PoolWorker {
  readonly name = NAME;
  readonly cacheFs = true;
  readonly reportMemory = true;
  readonly #options: PoolOptions;
  readonly #workers: LastingWorkers;
  #process: WorkerProcess | undefined;
  /** Put away with this run; the process goes on. */
  readonly #listeners: (() => void)[] = [];

  constructor(options: PoolOptions, workers: LastingWorkers) {
    this.#options = options;
    this.#workers = workers;
  }

  async start(): Promise<void> {
    this.#process = await this.#workers.take(this.#options);
  }

  on(event: string, callback: (...args: unknown[]) => void): void {
    const process = this.#process;
    if (!process) return;
    if (event === 'message') {
      process.messages.on(event, callback);
      this.#listeners.push(() => process.messages.off(event, callback));
    } else {
      process.fork.on(event, callback);
      this.#listeners.push(() => process.isRunning && process.fork.off(event, callback));
    }
  }

  off(event: string, callback: (...args: unknown[]) => void): void {
    if (event === 'message') this.#process?.messages.off(event, callback);
    else if (this.#process?.isRunning) this.#process.fork.off(event, callback);
  }

  send(message: WorkerRequest): void {
    this.#process?.send(message);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  async stop(): Promise<void> {
    for (const off of this.#listeners) off();
    if (this.#process) await this.#workers.giveBack(this.#process);
  }
}

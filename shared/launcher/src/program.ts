import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutputRing } from './output.ts';
import { type Exit, type ProcessSpec, type StartedProcess, startProcess } from './start-process.ts';

export type { Exit } from './start-process.ts';

/** Where a program's words go as they come, beside being kept. */
export interface Output {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Time that a program has to end after SIGTERM, in ms. */
const GRACE_MS = 5_000;
// After the end of the process itself, for what it wrote to be read.
const DRAIN_MS = 500;

/**
 * A learner's program that was started. When it ends, the processes that it started end too. When this
 * process ends, even by `kill -9`, all of them are killed.
 */
export class Program implements AsyncDisposable {
  readonly stdout = new OutputRing();
  readonly stderr = new OutputRing();
  /** Resolves when the program has ended and its output has been read. */
  readonly exited: Promise<Exit>;
  readonly #process: StartedProcess;
  #exit: Exit | undefined;

  private constructor(process: StartedProcess, output: Output | undefined) {
    this.#process = process;
    capture(process.stdout, this.stdout, output?.stdout);
    capture(process.stderr, this.stderr, output?.stderr);
    this.exited = this.#untilExit();
  }

  /** Throws `CRASHED_AT_START` when the program cannot be started. */
  static async start(spec: ProcessSpec, output?: Output): Promise<Program> {
    return new Program(await startProcess(spec), output);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** How it ended, or `undefined` while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** To the program itself, as an orchestrator sends it; not to those that it started. */
  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** `kill -9` of the program and the processes that it started. */
  async kill(): Promise<Exit> {
    this.#process.kill();
    return this.exited;
  }

  /** SIGTERM, and `kill -9` for what is still there after `grace` milliseconds (5,000). */
  async stop(grace = GRACE_MS): Promise<Exit> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.#process.kill(), grace);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #untilExit(): Promise<Exit> {
    const { ended, closed, stdout, stderr } = this.#process;
    this.#exit = await ended;
    this.#process.kill();
    // A grandchild that left the group may hold the pipes open for ever.
    await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })]);
    for (const stream of [stdout, stderr]) stream.unpipe().destroy();
    this.#process.release();
    return this.#exit;
  }
}

/** `exit code 1` or `SIGKILL`, for a message. */
export function describeExit({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}

function capture(stream: Readable, ring: OutputRing, shown: Writable | undefined): void {
  stream.on('data', (chunk: Buffer) => ring.write(chunk));
  // A pipe also makes a chatty program wait for a slow terminal.
  if (shown) stream.pipe(shown, { end: false });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../errors.ts';
import type { Command } from './command.ts';
import { OutputRing } from './output.ts';
import { guard, unguard } from './watchdog.ts';

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  readonly command: Command;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

// After the end of the process itself, for what it wrote to be read.
const DRAIN_MS = 500;

/**
 * A process that leads a group of its own. When it ends, whoever it started ends with it; when this
 * process ends, however it does, the whole group is killed.
 */
export class Child implements AsyncDisposable {
  readonly pid: number;
  readonly stdout = new OutputRing();
  readonly stderr = new OutputRing();
  /** Resolves when the process has ended and its output has been read. */
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;
  #over = false;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, pid: number) {
    this.#process = process;
    this.pid = pid;
    guard(pid);
    process.stdout?.on('data', (chunk: Buffer) => this.stdout.write(chunk));
    process.stderr?.on('data', (chunk: Buffer) => this.stderr.write(chunk));
    this.exited = this.#untilExit();
  }

  /** Throws `CRASHED_AT_START` when the program of the script is not there. */
  static async spawn({ command, cwd, env }: ChildOptions): Promise<Child> {
    const process = spawn(command.file, command.args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (process.pid !== undefined) return new Child(process, process.pid);
    const [cause] = (await once(process, 'error')) as [Error];
    throw new ServiceError(
      'CRASHED_AT_START',
      `The program "${command.file}" could not be started: ${cause.message}.`,
      { cause },
    );
  }

  /** How it ended, or `undefined` while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** To the process itself, as an orchestrator sends it; not to those it started. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** `kill -9` of the process and all it started. */
  async kill(): Promise<Exit> {
    this.#killGroup();
    return this.exited;
  }

  /** SIGTERM, and `kill -9` for whoever is still there after `grace` milliseconds. */
  async stop(grace: number): Promise<Exit> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.#killGroup(), grace);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #untilExit(): Promise<Exit> {
    const closed = once(this.#process, 'close');
    const [code, signal] = (await once(this.#process, 'exit')) as [
      number | null,
      NodeJS.Signals | null,
    ];
    this.#exit = { code, signal };
    this.#killGroup();
    // A grandchild that left the group may hold the pipes open for ever.
    await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })]);
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
    this.#over = true;
    unguard(this.pid);
    return this.#exit;
  }

  #killGroup(): void {
    // After the end its number may be another program's.
    if (this.#over) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }
}

/** `exit code 1` or `SIGKILL`, for a message. */
export function describeExit({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}

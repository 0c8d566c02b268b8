import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Command } from './command.ts';
import { ServiceError } from './errors.ts';
import type { Sandbox } from './sandbox/mounts.ts';
import { startInSandbox } from './sandbox/start.ts';
import { guard, unguard } from './watchdog.ts';

/** Everything about a process before it starts. */
export interface ProcessSpec {
  readonly command: Command;
  /** The learner's folder, where the program works. */
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Arguments that the caller put behind the script's own. The script is the learner's text: an address
   * in it opens no way out of a sandbox.
   */
  readonly given?: readonly string[] | undefined;
  /** Where it runs; directly on the machine when left out. */
  readonly sandbox?: Sandbox | undefined;
}

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of a learner's program, and the only means to act on it. */
export interface StartedProcess {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the program itself has ended. Others that it started may live on. */
  readonly ended: Promise<Exit>;
  /** Resolves when in addition both of its streams have ended. */
  readonly closed: Promise<unknown>;
  /** To the program itself, as an orchestrator sends it; not to those that it started. */
  signal(signal: NodeJS.Signals): void;
  /** `kill -9` of the program and the processes that it started. */
  kill(): void;
  /** The program is over, and another program may get its numbers. */
  release(): void;
}

/**
 * **The seam for the sandbox.** Only this function turns a learner's code into a process, for tests and
 * `labs run` alike. In a sandbox, `signal` and `kill` reach the same processes as without one.
 *
 * The process leads a group of its own, which does not outlive this process.
 *
 * @throws ServiceError `CRASHED_AT_START` when the program cannot be started.
 */
export async function startProcess(spec: ProcessSpec): Promise<StartedProcess> {
  const { command, cwd, env, sandbox } = spec;
  if (sandbox) return startInSandbox(spec, sandbox);
  const child = spawn(command.file, command.args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) return group(child, child.pid, child.stdout, child.stderr);
  const [cause] = (await once(child, 'error')) as [Error];
  throw new ServiceError(
    'CRASHED_AT_START',
    `The program "${command.file}" could not be started: ${cause.message}.`,
    { cause },
  );
}

function group(
  child: ChildProcess,
  pid: number,
  stdout: Readable,
  stderr: Readable,
): StartedProcess {
  guard(pid);
  let released = false;
  return {
    pid,
    stdout,
    stderr,
    ended: once(child, 'exit').then(([code, signal]) => ({ code, signal })),
    closed: once(child, 'close'),
    signal: (signal) => void child.kill(signal),
    kill() {
      if (released) return;
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // Nobody of the group is left.
      }
    },
    release() {
      released = true;
      unguard(pid);
    },
  };
}

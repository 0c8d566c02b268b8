import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { MachineError } from './errors.ts';

/** Time that a service has to end after SIGTERM, in ms. */
const GRACE = 5000;

/** A learner's service on their terminal: migrated and started anew at each restart. */
export class ServedCopy implements AsyncDisposable {
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #inspect: boolean;
  #child: ChildProcess | undefined;
  /** Restarts wait for each other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    dir: string,
    env: Readonly<Record<string, string>>,
    { inspect }: { inspect: boolean },
  ) {
    this.#dir = dir;
    this.#inspect = inspect;
    const path = [join(dir, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
    this.#env = { ...process.env, ...env, PATH: path };
  }

  restart(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await this.#stop();
      const { migrate, start } = this.#scripts();
      if (migrate) {
        const child = this.#spawn(migrate);
        const [code] = (await once(child, 'exit')) as [number | null];
        if (code !== 0)
          process.stderr.write(`labs: migrate ended with ${code}; the service is not started.\n`);
        if (code !== 0) return;
      }
      this.#child = this.#spawn(
        start,
        this.#inspect ? { NODE_OPTIONS: '--inspect=127.0.0.1:9229' } : {},
      );
    });
    return this.#turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.#stop();
  }

  /** @throws MachineError when the copy's package.json has no start script. */
  #scripts(): { start: string; migrate?: string } {
    const file = join(this.#dir, 'package.json');
    const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as {
      scripts?: Record<string, string>;
    };
    const { start, migrate } = scripts ?? {};
    if (!start) throw new MachineError(`${file} has no "start" script.`);
    return { start, ...(migrate && { migrate }) };
  }

  #spawn(script: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(script, {
      cwd: this.#dir,
      env: { ...this.#env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: true,
      // A group of its own, so that a signal reaches what the shell started and Ctrl-C only us.
      detached: true,
    });
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    signalGroup(child.pid, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE);
    await ended;
    clearTimeout(timer);
  }
}

/** Whether a service could listen there. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

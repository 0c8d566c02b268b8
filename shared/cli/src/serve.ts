import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { MachineError, UsageError } from './errors.ts';

/** Time that a service has to end after SIGTERM, in ms. */
const GRACE = 5000;

/** One script of a copy's package.json, to be run. */
export interface ServedScript {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A learner's programs on their terminal: migrated and started anew at each restart. */
export class ServedCopy implements AsyncDisposable {
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #programs: readonly ServedScript[];
  #children: ChildProcess[] = [];
  /** Restarts wait for each other. */
  #turn: Promise<void> = Promise.resolve();

  /** `env` is what all of them have, the migrations too. */
  constructor(
    dir: string,
    env: Readonly<Record<string, string>>,
    programs: readonly ServedScript[],
  ) {
    this.#dir = dir;
    this.#programs = programs;
    const path = [join(dir, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
    this.#env = { ...process.env, ...env, PATH: path };
  }

  /** @throws UsageError when package.json is no JSON, or lacks one of the scripts. */
  restart(): Promise<void> {
    const before = this.#turn.catch(() => {});
    this.#turn = before.then(async () => {
      await this.#stop();
      const scripts = readScripts(this.#dir);
      const commands = this.#programs.map(({ script, env }) => ({
        command: findScript(scripts, script),
        env,
      }));
      if (scripts['migrate']) {
        const child = this.#spawn(scripts['migrate']);
        const [code] = (await once(child, 'exit')) as [number | null];
        if (code !== 0) {
          process.stderr.write(`labs: migrate ended with ${code}; nothing is started.\n`);
          return;
        }
      }
      this.#children = commands.map(({ command, env }) => this.#spawn(command, env));
    });
    return this.#turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.catch(() => {});
    await this.#stop();
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
    await Promise.all(this.#children.splice(0).map(stop));
  }
}

type Scripts = Readonly<Record<string, string>>;

function readScripts(dir: string): Scripts {
  const text = readFileSync(join(dir, 'package.json'), 'utf8');
  try {
    return (JSON.parse(text) as { scripts?: Scripts }).scripts ?? {};
  } catch (error) {
    throw new UsageError(`The copy's package.json is no JSON: ${String(error)}.`, { cause: error });
  }
}

function findScript(scripts: Scripts, name: string): string {
  const script = scripts[name];
  if (script) return script;
  const all = Object.keys(scripts).join(', ');
  throw new UsageError(`The copy's package.json has no script "${name}". It has ${all}.`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (!child.pid || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  signalGroup(child.pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE);
  await ended;
  clearTimeout(timer);
}

/** Whether a service could listen there. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}

/** The first port from there on where a service could listen. */
export async function freePort(from: number): Promise<number> {
  for (let port = from; port < 65_536; port++) if (await isPortFree(port)) return port;
  throw new MachineError(`No port from ${from} on is free.`);
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

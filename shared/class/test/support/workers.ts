import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './folder.ts';

const MAIN = join(ROOT, 'shared/cli/src/main.ts');

/** `labs class worker` as a person starts it, some times. */
export class Workers implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Map<number, ChildProcess>();
  /** What all of them printed. */
  readonly lines: string[] = [];

  constructor(stateDir: string, redis: string) {
    this.#env = { ...process.env, LABS_STATE: stateDir, LABS_QUEUE_URL: redis, NO_COLOR: '1' };
    delete this.#env['VITEST'];
    delete this.#env['NODE_ENV'];
  }

  get pids(): readonly number[] {
    return [...this.#children.keys()];
  }

  start(): number {
    const child = spawn(process.execPath, [MAIN, 'class', 'worker'], {
      env: this.#env,
      // With a channel, so that it ends when this process is killed.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const pid = child.pid ?? 0;
    this.#children.set(pid, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.lines.push(...text.split('\n').filter(Boolean));
      });
    }
    return pid;
  }

  /** `kill -9`. Resolves when it has ended. */
  async kill(pid: number): Promise<void> {
    const child = this.#children.get(pid);
    this.#children.delete(pid);
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.pids.map((pid) => this.kill(pid)));
  }
}

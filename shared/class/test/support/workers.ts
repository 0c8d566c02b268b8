import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './folder.ts';

const MAIN = join(ROOT, 'shared/cli/src/main.ts');

/** As systemd and others wait before they start again what has ended. */
const RESTART_MS = 1000;

/** `labs class worker` under a supervisor, some times: one that ends by itself is started again. */
export class Workers implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Map<number, ChildProcess>();
  readonly #restarts = new Set<NodeJS.Timeout>();
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
    child.once('exit', (code) => {
      // One that could judge nothing three times ends.
      if (!this.#children.delete(pid)) return;
      this.lines.push(`worker ${pid} ended with exit code ${code}`);
      const restart = setTimeout(() => {
        this.#restarts.delete(restart);
        this.start();
      }, RESTART_MS);
      this.#restarts.add(restart);
    });
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
    for (const restart of this.#restarts) clearTimeout(restart);
    await Promise.all(this.pids.map((pid) => this.kill(pid)));
  }
}

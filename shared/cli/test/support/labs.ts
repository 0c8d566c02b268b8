import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStack } from '@backend-labs/stack';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

export interface Outcome {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** The `labs` command as a person runs it, with state and copies in a folder of its own. */
export class Labs implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'labs-cli-'));
  readonly work = join(this.home, 'work');
  /** What the command sees. */
  readonly env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.env = {
      ...process.env,
      LABS_STATE: join(this.home, 'state'),
      LABS_WORK: this.work,
      NO_COLOR: '1',
      INIT_CWD: this.home,
      ...env,
    };
    // vitest tells its children that they are tests; a learner's terminal does not.
    delete this.env['VITEST'];
    delete this.env['NODE_ENV'];
  }

  /** The same, on the Postgres that the unit tests share. */
  static async onPostgres(env: NodeJS.ProcessEnv = {}): Promise<Labs> {
    const { servers, missing } = await openStack(['postgres']);
    if (!servers.postgres) throw missing[0];
    return new Labs({ LABS_POSTGRES_URL: servers.postgres.url, ...env });
  }

  start(...args: string[]): ChildProcess {
    return spawn(process.execPath, [MAIN, ...args], {
      env: this.env,
      cwd: this.home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** On a terminal of its own, whose keys are its standard input. Linux: flags of `script` differ. */
  startOnTerminal(...args: string[]): ChildProcess {
    const words = [process.execPath, MAIN, ...args].map((word) => `'${word}'`);
    return spawn('script', ['-qec', `exec ${words.join(' ')}`, '/dev/null'], {
      env: { ...this.env, TERM: 'xterm-256color' },
      cwd: this.home,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  run(...args: string[]): Promise<Outcome> {
    return outcomeOf(this.start(...args));
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** What a command printed, and its exit code. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('close', resolve);
  const exit = await promise;
  return { exit, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

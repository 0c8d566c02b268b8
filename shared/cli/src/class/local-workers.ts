import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { EXIT } from '../errors.ts';
import { QUEUE_VARIABLE } from './queue.ts';

const MAIN = join(import.meta.dirname, '../main.ts');
/** A worker that dies so often, and none ends a job between, has something to tell a person. */
const MOST_DEATHS = 20;

export interface LocalWorkers extends AsyncDisposable {
  /** Resolves with a message when they cannot work here. */
  readonly broken: Promise<string>;
}

/** Starts `labs class worker` some times, and again when one dies. They end with this process. */
export function startLocalWorkers(count: number, redis: string): LocalWorkers {
  const children = new Set<ChildProcess>();
  const { promise: broken, resolve } = Promise.withResolvers<string>();
  let closing = false;
  let deaths = 0;

  const start = () => {
    const child = spawn(process.execPath, [MAIN, 'class', 'worker'], {
      env: { ...process.env, [QUEUE_VARIABLE]: redis },
      // Its own group: it ends its job, or not, when we say so, and not at the terminal's Ctrl-C.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    children.add(child);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-2000);
    });
    child.once('exit', (code) => {
      children.delete(child);
      if (closing) return;
      deaths += 1;
      const cannot = code === EXIT.machine || code === EXIT.usage || deaths > MOST_DEATHS;
      if (cannot) resolve(said.trim().split('\n').at(-1) ?? 'a worker ended');
      else start();
    });
  };
  for (let at = 0; at < count; at += 1) start();
  return {
    broken,
    async [Symbol.asyncDispose]() {
      closing = true;
      await Promise.all(
        [...children].map(async (child) => {
          const ended = new Promise((done) => void child.once('exit', done));
          child.disconnect();
          await ended;
        }),
      );
    },
  };
}

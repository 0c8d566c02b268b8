import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Tokens } from './tokens.ts';

const CHILD = join(import.meta.dirname, 'tokenizer-child.ts');
/** Milliseconds for one file of at most 200,000 characters; 4,000 lines take about 100 ms. */
const WITHIN_MS = 10_000;
const LONGEST = 200_000;

/**
 * Makes tokens of students' files in a process of its own: a file can be nested so deeply that the
 * parser's native stack overflows, which ends the whole process.
 */
export class Tokenizer implements AsyncDisposable {
  #child: ChildProcess | undefined;

  /** Undefined when the file is too long, or the parser does not survive it. One call at a time. */
  async tokensOf(path: string, text: string): Promise<Tokens | undefined> {
    if (text.length > LONGEST) return undefined;
    this.#child ??= fork(CHILD, { stdio: 'ignore', execArgv: [], serialization: 'advanced' });
    const child = this.#child;
    const { promise, resolve } = Promise.withResolvers<Tokens | undefined>();
    const give = () => {
      resolve(undefined);
    };
    const timer = setTimeout(give, WITHIN_MS);
    child.once('message', resolve).once('exit', give).once('error', give);
    child.send({ path, text }, (error) => error && give());
    const tokens = await promise;
    clearTimeout(timer);
    child.removeAllListeners();
    if (tokens === undefined) await this[Symbol.asyncDispose]();
    return tokens;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('exit', () => {
      resolve();
    });
    child.on('error', () => {});
    child.kill('SIGKILL');
    await promise;
  }
}

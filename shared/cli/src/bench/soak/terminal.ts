import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { MachineError } from '../../errors.ts';

/** What the watch writes before each screen. */
const CLEAR = '\x1b[H\x1b[2J';

/** What a screen says while a run is under way. */
const RUNNING = ' … running';

/** A command in a terminal of its own, by `script` of util-linux: keys go in, screens come out. */
export class Terminal {
  readonly #child: ChildProcess;
  #shown = '';
  #runs = 0;
  #wasRunning = false;
  readonly #waiting = new Set<() => void>();

  constructor(command: readonly string[], env: NodeJS.ProcessEnv) {
    const line = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
    this.#child = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { ...env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#child.on('error', () => this.#wake());
    this.#child.on('exit', () => this.#wake());
  }

  get pid(): number {
    if (this.#child.pid === undefined) {
      throw new MachineError('The soak needs `script` of util-linux, on Linux.');
    }
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** How many runs have begun: screens that say so, after one that does not. */
  get runs(): number {
    return this.#runs;
  }

  /** The text of the screen in sight. */
  get screen(): string {
    return stripVTControlCharacters(this.#shown);
  }

  press(key: string): void {
    this.#child.stdin?.write(key);
  }

  /** Settles with what `look` finds, at a screen drawn now or later, or with undefined after `within` ms. */
  async sees<T>(look: (screen: string) => T | undefined, within: number): Promise<T | undefined> {
    const end = AbortSignal.timeout(within);
    for (;;) {
      const found = look(this.screen);
      if (found !== undefined || end.aborted || this.hasEnded) return found;
      await this.#next(end);
    }
  }

  async ended(within: number): Promise<boolean> {
    if (this.hasEnded) return true;
    const end = AbortSignal.timeout(within);
    return await once(this.#child, 'exit', { signal: end }).then(
      () => true,
      () => false,
    );
  }

  #next(end: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    end.addEventListener('abort', () => resolve(), { once: true });
    return promise.finally(() => this.#waiting.delete(resolve));
  }

  #take(text: string): void {
    const parts = text.split(CLEAR);
    for (const [at, part] of parts.entries()) {
      this.#shown = at === 0 ? this.#shown + part : part;
      const isRunning = this.#shown.includes(RUNNING);
      if (isRunning && !this.#wasRunning) this.#runs += 1;
      // Half a screen may not have the line yet.
      if (isRunning || at < parts.length - 1) this.#wasRunning = isRunning;
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }
}

import { readFileSync } from 'node:fs';

const EVERY_MS = 100;
/** Between two looks of ours: more than this, and this process itself did not run. */
const LATE_MS = 1000;

/**
 * Measures how long a program was kept from running: it was stopped (SIGSTOP, a laptop asleep), or it
 * waited for a core. That time is the machine's. Linux; elsewhere only what this process missed too.
 */
export class HeldUp implements Disposable {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  #waited: number;
  #milliseconds = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#waited = waitedForCore(pid);
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    this.#timer.unref();
  }

  /** Milliseconds. */
  get milliseconds(): number {
    this.#look();
    return this.#milliseconds;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const passed = now - this.#last;
    const waited = waitedForCore(this.#pid);
    const lost = isStopped(this.#pid) || passed > LATE_MS ? passed : waited - this.#waited;
    this.#milliseconds += Math.min(passed, Math.max(0, lost));
    this.#last = now;
    this.#waited = waited;
  }
}

/** Milliseconds that its main thread was ready to run and did not: the second figure, in ns. */
function waitedForCore(pid: number): number {
  return Number(read(pid, 'schedstat').split(' ')[1] ?? 0) / 1e6;
}

function isStopped(pid: number): boolean {
  const stat = read(pid, 'stat');
  return /^[Tt]/u.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It has ended, or this is not Linux.
    return '';
  }
}

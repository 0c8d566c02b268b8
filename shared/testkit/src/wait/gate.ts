import { arrival, type Patience } from './eventually.ts';

export interface GateOptions {
  /** Whether the gate opens when all it holds for have come (the default), or only by `open()`. */
  readonly opens?: 'when full' | 'by hand';
}

/**
 * Holds the first `size` that arrive, so that a race happens every time instead of now and then.
 * Later ones pass. Disposing opens it, so that nothing hangs when a test throws.
 */
export class Gate implements Disposable {
  readonly size: number;
  readonly #byHand: boolean;
  readonly #opened = Promise.withResolvers<void>();
  readonly #awaited: { count: number; come: () => void }[] = [];
  #arrived = 0;
  #isOpen = false;

  constructor(size: number, { opens = 'when full' }: GateOptions = {}) {
    this.size = size;
    this.#byHand = opens === 'by hand';
  }

  /** How many have come so far, held or passed. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Called by whoever is to be held; resolves when they may go on. */
  async arrive(): Promise<void> {
    this.#arrived += 1;
    for (const { count, come } of this.#awaited) if (this.#arrived >= count) come();
    if (this.#arrived > this.size) return;
    if (!this.#byHand && this.#arrived === this.size) this.open();
    await this.#opened.promise;
  }

  /** Resolves when `count` have come (all it holds for, unless told). */
  async reached(count: number = this.size, patience: Patience = {}): Promise<void> {
    if (this.#arrived >= count) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited.push({ count, come: resolve });
    const seen = (): string => `${this.#arrived} came`;
    await arrival(`${count} to arrive at the gate`, promise, patience, seen);
  }

  /** Lets everybody go on, those held and those to come. */
  open(): void {
    this.#isOpen = true;
    this.#opened.resolve();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  [Symbol.dispose](): void {
    this.open();
  }
}

/** `gate(2)`: the first two callers of `arrive()` go on together. */
export function gate(size: number, options?: GateOptions): Gate {
  return new Gate(size, options);
}

import type { LeasePart } from './servers/leases.ts';
import type { Lease, ServerName } from './types.ts';

/** The parts of one lease, by the name of the server that gave each. */
export type PartsByServer = ReadonlyMap<ServerName, LeasePart>;

/** Joins the parts that several servers gave: they are given back together, and once. */
export function joinLease(id: string, parts: PartsByServer, onReleased: () => void): Lease {
  const lease = new JoinedLease(id, [...parts.values()], onReleased);
  const shown = [...parts].map(([name, { part }]) => [name, part] as const);
  return Object.assign(lease, Object.fromEntries(shown));
}

class JoinedLease implements AsyncDisposable {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #parts: readonly LeasePart[];
  readonly #onReleased: () => void;
  #keep = false;
  #released: Promise<void> | undefined;

  constructor(id: string, parts: readonly LeasePart[], onReleased: () => void) {
    this.id = id;
    this.env = Object.assign({}, ...parts.map((part) => part.env));
    this.#parts = parts;
    this.#onReleased = onReleased;
  }

  keep(): void {
    this.#keep = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  /** Gives back every part, even if one of them fails; throws the first failure. */
  async #release(): Promise<void> {
    const settled = await Promise.allSettled(this.#parts.map((part) => part.release(this.#keep)));
    this.#onReleased();
    const failed = settled.find((part) => part.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

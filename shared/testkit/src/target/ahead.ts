import type { RunContext } from '@backend-labs/protocol';
import { connectStack, type Lease, type LeaseRequest, type Stack } from '@backend-labs/stack';
import { PgSession } from '../postgres/session.ts';

/**
 * What a worker keeps between its runs against one folder (`RunContext.ahead`): its connections to the
 * servers, and one lease, made while nobody waits for it.
 */
export class Ahead implements AsyncDisposable {
  readonly stack: Stack;
  /** The last that was asked for. */
  #request: LeaseRequest | undefined;
  /** `undefined` when it could not be had; the run that wants it then says why. */
  #ready: Promise<Lease | undefined> | undefined;

  constructor(servers: RunContext['servers']) {
    this.stack = connectStack(servers);
  }

  /** The lease that is ready, or else a new one. Throws `StackError`. */
  async lease(request: LeaseRequest): Promise<Lease> {
    const isWanted = JSON.stringify(request) === JSON.stringify(this.#request);
    this.#request = request;
    const ready = await this.#ready;
    this.#ready = undefined;
    if (ready && isWanted && (await isThere(ready))) return ready;
    // What cannot be given back now is dropped when this process has ended.
    await Promise.allSettled([ready?.[Symbol.asyncDispose]()]);
    return this.stack.lease(request);
  }

  /**
   * Makes the next lease: most often it is of the same template. Only of Postgres: a database waits as it
   * is, but what another server leased may be gone when that server has restarted.
   */
  prepare(): void {
    const request = this.#request;
    if (this.#ready || request?.from === undefined) return;
    if (request.servers.some((name) => name !== 'postgres')) return;
    this.#ready = this.stack.lease(request).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ready;
    await this.stack[Symbol.asyncDispose]();
  }
}

/** Postgres may have been replaced since, with all its databases. */
async function isThere({ postgres }: Lease): Promise<boolean> {
  try {
    await using _session = await PgSession.open(postgres?.url ?? '');
    return true;
  } catch {
    return false;
  }
}

// Of this worker: its runs come one after the other, and against the same servers.
let kept: Ahead | undefined;

/** What this worker keeps, if it runs the same again. */
export function aheadOf(run: RunContext): Ahead | undefined {
  if (run.ahead === true) kept ??= new Ahead(run.servers);
  return kept;
}

/** Called when the worker ends. */
export async function putAwayAhead(): Promise<void> {
  const ended = kept;
  kept = undefined;
  await ended?.[Symbol.asyncDispose]();
}

import { setTimeout as sleep } from 'node:timers/promises';
import { describeExit, type Exit, type PortClaim, type Program } from '@backend-labs/launcher';
import { ServiceError } from '../errors.ts';
import { deadline, ms } from '../wait/deadline.ts';
import type { Answer } from './answer.ts';
import { bounded, type RequestOptions, send } from './client.ts';
import { lastErrors } from './evidence.ts';
import { Logs } from './logs.ts';

/** Outer deadline of one request: far above what any takes on a slow machine. */
const ANSWER_WITHIN_MS = 20_000;
// Nobody looks any more: one that hangs in its shutdown must not cost every test file seconds.
const DISPOSE_WITHIN_MS = 1_000;
// A connection breaks some milliseconds before its process is seen to have ended.
const EXIT_WITHIN_MS = 1_000;

export interface CallOptions extends RequestOptions {
  /** Milliseconds until `NO_ANSWER`; 20,000 unless told. */
  readonly within?: number;
}

/**
 * A service that runs. Its failures to answer are `ServiceError`s, the learner's to fix.
 * Dispose it, or let the fixture do so.
 */
export class StartedService implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly logs: Logs;
  readonly #program: Program;
  readonly #claim: PortClaim;

  readonly #again: (claim: PortClaim) => Promise<StartedService>;

  constructor(
    name: string,
    program: Program,
    claim: PortClaim,
    again: (claim: PortClaim) => Promise<StartedService>,
  ) {
    this.name = name;
    this.port = claim.port;
    this.url = `http://127.0.0.1:${claim.port}`;
    this.logs = new Logs(program);
    this.#program = program;
    this.#claim = claim;
    this.#again = again;
  }

  get pid(): number {
    return this.#program.pid;
  }

  get running(): boolean {
    return this.#program.exit === undefined;
  }

  /** Resolves with how it ended, when it has. */
  get exited(): Promise<Exit> {
    return this.#program.exited;
  }

  get<Body = unknown>(path: string, options?: CallOptions): Promise<Answer<Body>> {
    return this.request('GET', path, options);
  }

  post<Body = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<Answer<Body>> {
    return this.request('POST', path, { body, ...options });
  }

  put<Body = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<Answer<Body>> {
    return this.request('PUT', path, { body, ...options });
  }

  patch<Body = unknown>(
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<Answer<Body>> {
    return this.request('PATCH', path, { body, ...options });
  }

  delete<Body = unknown>(path: string, options?: CallOptions): Promise<Answer<Body>> {
    return this.request('DELETE', path, options);
  }

  /**
   * Any request. Throws `NO_ANSWER`, `CONNECTION_LOST`, `TOO_LARGE` or, when the service is gone,
   * `EXITED`.
   */
  async request<Body = unknown>(
    method: string,
    path: string,
    { within = ANSWER_WITHIN_MS, ...options }: CallOptions = {},
  ): Promise<Answer<Body>> {
    const abort = new AbortController();
    const late = (): Error =>
      new ServiceError('NO_ANSWER', `${method} ${path} had no answer within ${ms(within)}.`);
    const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
    try {
      const sent = send(this.url, method, path, { ...options, signal });
      return (await deadline(sent, within, late)) as Answer<Body>;
    } catch (error) {
      if (error instanceof ServiceError || options.signal?.aborted === true) throw error;
      throw await this.#lost(`${method} ${path}`, error);
    } finally {
      abort.abort();
    }
  }

  /**
   * Node's own `fetch`, for streams and whatever else `request` is too plain for. The body ends with
   * `TOO_LARGE` where `request` does, unpacked bytes counted.
   */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const response = await fetch(new URL(path, this.url), { redirect: 'manual', ...init });
    const request = `${init?.method ?? 'GET'} ${path}`;
    return response.body
      ? new Response(response.body.pipeThrough(bounded(request)), response)
      : response;
  }

  /** One GET without any reading of its failure; for readiness checks. */
  probe(path: string): Promise<Answer> {
    return send(this.url, 'GET', path, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  }

  /** Sends a signal to the process that the start script names. */
  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal);
  }

  /** `kill -9`, with whatever processes it started. Resolves when it is gone. */
  kill(): Promise<Exit> {
    return this.#program.kill();
  }

  /** Kills it if it still runs, and starts it anew on the same port with the same environment. */
  async restart(): Promise<StartedService> {
    await this.kill();
    return this.#again(this.#claim);
  }

  /** SIGTERM, then `kill -9` after `grace` milliseconds (5,000). Gives the port back. */
  async stop({ grace }: { grace?: number } = {}): Promise<Exit> {
    const exit = await this.#program.stop(grace);
    await this.#claim[Symbol.asyncDispose]();
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ grace: DISPOSE_WITHIN_MS });
  }

  async #lost(request: string, cause: unknown): Promise<ServiceError> {
    const exit = await Promise.race([
      this.#program.exited,
      sleep(EXIT_WITHIN_MS, undefined, { ref: false }),
    ]);
    if (!exit) {
      const why = cause instanceof Error ? cause.message : String(cause);
      return new ServiceError(
        'CONNECTION_LOST',
        `${request} got no answer, because the connection broke: ${why}.`,
        { cause },
      );
    }
    return new ServiceError(
      'EXITED',
      [
        `The service ended with ${describeExit(exit)} before it answered ${request}.`,
        ...lastErrors(this.logs).map((line) => `  ${line}`),
      ].join('\n'),
      { cause },
    );
  }
}

import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createGunzip } from 'node:zlib';
import { claimPort, type PortClaim } from '@backend-labs/launcher';
import { jsonOrNothing } from '../json.ts';
import { eventually, type Patience } from '../wait/eventually.ts';
import { readBody } from './read.ts';

/** A request that a double was sent. */
export interface RecordedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed when it is JSON, else `undefined`. */
  readonly json: unknown;
  /** Aborted when the caller hangs up before it was answered. */
  readonly gone: AbortSignal;
}

/** What a double answers; `reset` breaks the connection instead, `never` keeps the caller waiting. */
export type Reply =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as it is when a string, else as JSON. */
      readonly body?: unknown;
    }
  | 'reset'
  | 'never';

/** May wait at a gate before it answers. */
export type Handler = (request: RecordedRequest) => Reply | Promise<Reply>;

/**
 * An HTTP server of the test's that plays a third party. It records every request as it arrives,
 * before the handler sees it, and answers what the handler says.
 *
 * ```ts
 * using both = gate(2);
 * await using provider = await Double.open(async () => {
 *   await both.arrive();
 *   return { status: 201, body: { id: 'ch_1' } };
 * });
 * ```
 */
export class Double implements AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly requests: RecordedRequest[] = [];
  /** What answers from now on; a test may change it between two requests. */
  handler: Handler;
  readonly #server: Server;
  readonly #claim: PortClaim;
  #failure: unknown;

  protected constructor(claim: PortClaim, server: Server, handler: Handler) {
    this.url = `http://127.0.0.1:${claim.port}`;
    this.handler = handler;
    this.#claim = claim;
    this.#server = server;
    server.on('request', (incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch((error: unknown) => {
        this.#failure ??= error;
        outgoing.destroy();
      });
    });
  }

  static async open(handler: Handler): Promise<Double> {
    const { claim, server } = await listen();
    return new Double(claim, server, handler);
  }

  /** Resolves when `count` requests have come in all; answers them. */
  async received(count: number, patience?: Patience): Promise<readonly RecordedRequest[]> {
    return eventually(
      `${count} requests to the double`,
      () => (this.requests.length >= count ? this.requests : undefined),
      patience,
    );
  }

  /** Closes it, open connections too. Throws what a handler threw, so that no such bug is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    await this.#claim[Symbol.asyncDispose]();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableEnded) gone.abort();
    });
    const request = await record(incoming, gone.signal);
    if (!request) return;
    this.requests.push(request);
    const reply = await this.handler(request);
    if (reply === 'never') return;
    if (reply === 'reset') {
      incoming.socket.resetAndDestroy();
      return;
    }
    const { status = 200, headers = {}, body } = reply;
    const isText = typeof body === 'string';
    outgoing.writeHead(status, {
      ...(!isText && body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    });
    outgoing.end(isText || body === undefined ? body : JSON.stringify(body));
  }
}

/** A server on a port of its own, for a double. */
export async function listen(): Promise<{ claim: PortClaim; server: Server }> {
  const claim = await claimPort();
  const server = createServer();
  server.listen(claim.port, '127.0.0.1');
  await once(server, 'listening');
  return { claim, server };
}

async function record(
  incoming: IncomingMessage,
  gone: AbortSignal,
): Promise<RecordedRequest | undefined> {
  const { method = 'GET', url = '/', headers } = incoming;
  let text: string;
  try {
    const zipped = headers['content-encoding'] === 'gzip';
    text = await readBody(zipped ? incoming.pipe(createGunzip()) : incoming);
  } catch {
    // The caller broke off in the middle of its request, or it is too large: there is nothing to answer.
    incoming.socket.destroy();
    return undefined;
  }
  return { method, path: url, headers, text, json: jsonOrNothing(text), gone };
}

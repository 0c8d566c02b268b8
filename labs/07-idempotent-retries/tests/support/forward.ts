import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { Double, type RecordedRequest, type Reply } from '@backend-labs/testkit';

/** Sends a request on, on a connection of its own, and answers what came back. */
async function forward(
  origin: string,
  { method, path, headers, text: body }: RecordedRequest,
): Promise<Reply> {
  const { host: _host, connection: _connection, ...kept } = headers;
  const outgoing = httpRequest(new URL(path, origin), {
    method,
    agent: false,
    headers: kept,
  });
  try {
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const names = ['content-type', 'idempotent-replayed', 'retry-after'];
    const found = names.flatMap((name) => {
      const value = incoming.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const content = await text(incoming);
    return {
      status: incoming.statusCode ?? 502,
      headers: Object.fromEntries(found) as Record<string, string>,
      body: content,
    };
  } catch {
    return 'reset';
  }
}

/** Far longer than a provider takes that nobody holds, also on a busy machine. */
export const HELD_MS = 400;

/** What a door saw of one key. */
export interface Deliveries {
  count: number;
  /** Most that were under way at the same time. */
  together: number;
  underWay: number;
  /** Of the answers, in their order. */
  readonly statuses: number[];
}

/**
 * The way from a client to a service. With `held` it is a slow line: a request gets to the service when
 * the one before it was answered, or when what `held` answers, asked as that one went in, resolves.
 */
export class Door implements AsyncDisposable {
  readonly url: string;
  readonly keys = new Map<string, Deliveries>();
  readonly #double: Double;

  private constructor(double: Double) {
    this.#double = double;
    this.url = double.url;
  }

  static async to(origin: string, held?: () => Promise<void>): Promise<Door> {
    const door = new Door(await Double.open(() => 'reset'));
    let line: Promise<unknown> = Promise.resolve();
    door.#double.handler = async (request) => {
      const before = held ? line : undefined;
      const answered = door.#count(request, async () => {
        await before;
        return forward(origin, request);
      });
      line = line.then(() => Promise.race([answered, held?.()]));
      return answered;
    };
    return door;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#double[Symbol.asyncDispose]();
  }

  async #count({ headers }: RecordedRequest, send: () => Promise<Reply>): Promise<Reply> {
    const key = String(headers['idempotency-key']);
    const seen = this.keys.get(key) ?? {
      count: 0,
      together: 0,
      underWay: 0,
      statuses: [],
    };
    this.keys.set(key, seen);
    seen.count += 1;
    seen.underWay += 1;
    seen.together = Math.max(seen.together, seen.underWay);
    try {
      const reply = await send();
      if (typeof reply !== 'string') seen.statuses.push(reply.status ?? 200);
      return reply;
    } finally {
      seen.underWay -= 1;
    }
  }
}

/** The way from a service to the provider. */
export class ProviderLine implements AsyncDisposable {
  readonly url: string;
  /** Calls that were at the provider for `HELD_MS`. */
  held = 0;
  #onHeld: (() => void)[] = [];
  readonly #double: Double;

  private constructor(double: Double) {
    this.#double = double;
    this.url = double.url;
  }

  static async to(port: number): Promise<ProviderLine> {
    const line = new ProviderLine(await Double.open(() => 'reset'));
    const origin = `http://127.0.0.1:${port}`;
    line.#double.handler = async (request) => {
      const timer = setTimeout(() => {
        line.held += 1;
        line.#tellHeld();
      }, HELD_MS);
      const reply = await forward(origin, request);
      clearTimeout(timer);
      return reply;
    };
    return line;
  }

  /** Resolves when a call has been at the provider for `HELD_MS` and is not answered. */
  readonly atProvider = (): Promise<void> =>
    new Promise((resolve) => {
      this.#onHeld.push(resolve);
    });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#double[Symbol.asyncDispose]();
  }

  #tellHeld(): void {
    for (const resolve of this.#onHeld.splice(0)) resolve();
  }
}

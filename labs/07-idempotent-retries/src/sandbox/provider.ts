import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

/** A call that charged a card. */
export interface SandboxCharge {
  readonly id: string;
  readonly reference: string;
  readonly amount: number;
  readonly source: string;
}

/** Far more than any call needs, less than a person waits for a test. */
const CALLED_WITHIN_MS = 5_000;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * The provider's sandbox: what the provider does, without money. Cards whose name begins with
 * `card_declined` are declined. It can be held, so that two requests certainly overlap:
 *
 * ```ts
 * provider.hold();
 * const first = send();
 * await provider.called(1);
 * // … the first charge is under way, and stays so …
 * provider.release();
 * ```
 */
export class Sandbox implements AsyncDisposable {
  /** Every call that charged a card, in order. */
  readonly charges: SandboxCharge[] = [];
  readonly #server: Server;
  readonly #answers = new Map<string, Answer>();
  readonly #events = new EventEmitter();
  #calls = 0;
  #held: PromiseWithResolvers<void> | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (req, res) => void this.#serve(req, res));
  }

  static async open(port: number): Promise<Sandbox> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new Sandbox(server);
  }

  /** From now on no call is answered, and no card charged, until `release()`. */
  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** Resolves when `count` calls have come in all, held ones too; rejects when they do not come. */
  async called(count: number): Promise<void> {
    const signal = AbortSignal.timeout(CALLED_WITHIN_MS);
    try {
      while (this.#calls < count) await once(this.#events, 'call', { signal });
    } catch (cause) {
      const waited = `${CALLED_WITHIN_MS / 1000} s`;
      throw new Error(`${this.#calls} calls came in ${waited}, not ${count}`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const call = (await json(req)) as Omit<SandboxCharge, 'id'>;
    this.#calls += 1;
    this.#events.emit('call');
    await this.#held?.promise;
    const key = req.headers['idempotency-key'];
    const earlier = typeof key === 'string' ? this.#answers.get(key) : undefined;
    const { status, body } = earlier ?? this.#charge(call);
    if (typeof key === 'string') this.#answers.set(key, { status, body });
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #charge({ reference, amount, source }: Omit<SandboxCharge, 'id'>): Answer {
    const id = `pc_${randomUUID()}`;
    if (source.startsWith('card_declined')) {
      return { status: 402, body: { id, reference, status: 'declined', code: 'card_declined' } };
    }
    this.charges.push({ id, reference, amount, source });
    return { status: 201, body: { id, reference, status: 'succeeded' } };
  }
}

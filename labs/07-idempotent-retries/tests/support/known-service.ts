import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double, type RecordedRequest, type Reply } from '@backend-labs/testkit';

/**
 * How a service of the test's own treats a key:
 *
 * - `as shipped`: looks for the key, charges, and then stores the charge
 * - `by the house rules`: claims the key, charges, and then stores the answer
 * - `charges twice`: answers by the house rules, and calls the provider a second time when the key
 *   came again while its first request was under way
 */
export type Conduct = 'as shipped' | 'by the house rules' | 'charges twice';

/** About as long as a statement takes that goes to a database. */
const STORE_MS = 2;

type Page = Exclude<Reply, string>;

interface Order {
  readonly amount: number;
  readonly currency: string;
  readonly source: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Incoming {
  readonly account: number;
  readonly key: string;
  readonly order: Order;
}

interface Charge extends Order {
  readonly id: string;
  readonly status: string;
  readonly declineCode: string | null;
  readonly refunded: number;
  readonly createdAt: string;
}

/** A key in use: without an answer its first request is under way. */
interface Claim {
  readonly print: string;
  answer?: Page;
  cameAgain: boolean;
}

/**
 * A small payments service in this process, without a database: task 1 judges the learner's own test,
 * and so needs services whose conduct is known.
 */
export class KnownService implements AsyncDisposable {
  readonly url: string;
  /** Keys for which it charged a second time. */
  doubled = 0;
  readonly #double: Double;
  readonly #conduct: Conduct;
  readonly #provider: string;
  /** By account and id. */
  readonly #charges = new Map<string, Charge>();
  readonly #stored = new Map<string, Charge>();
  readonly #claims = new Map<string, Claim>();

  private constructor(double: Double, conduct: Conduct, provider: string) {
    this.#double = double;
    this.#conduct = conduct;
    this.#provider = provider;
    this.url = double.url;
    double.handler = (request) => this.#serve(request);
  }

  /** @param provider where its payment provider is. */
  static async open(conduct: Conduct, provider: string): Promise<KnownService> {
    return new KnownService(await Double.open(() => 'reset'), conduct, provider);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#double[Symbol.asyncDispose]();
  }

  async #serve(request: RecordedRequest): Promise<Reply> {
    const { method, path } = request;
    if (method === 'GET' && path === '/healthz') return { body: { status: 'ok' } };
    const account = Number(request.headers['x-account-id']);
    if (!Number.isSafeInteger(account) || account < 1) return refusal(400, 'no account');
    if (method === 'GET' && path.startsWith('/v1/charges/')) {
      const charge = this.#charges.get(`${account} ${path.slice('/v1/charges/'.length)}`);
      return charge ? { body: { charge } } : refusal(404, 'no such charge');
    }
    if (method !== 'POST' || path !== '/v1/charges') return refusal(404, 'no such route');
    const key = request.headers['idempotency-key'];
    const order = orderOf(request.json);
    if (typeof key !== 'string' || !/^[!-~]{1,255}$/u.test(key)) return refusal(400, 'no key');
    if (!order) return refusal(400, 'not an order');
    const incoming = { account, key, order };
    return this.#conduct === 'as shipped' ? this.#lookFirst(incoming) : this.#claimFirst(incoming);
  }

  /** The mistake of CS-9014: two requests may both look before either stores. */
  async #lookFirst({ account, key, order }: Incoming): Promise<Reply> {
    await sleep(STORE_MS);
    const earlier = this.#stored.get(key);
    if (earlier) return answerOf(earlier);
    const charge = await this.#charge(order);
    await sleep(STORE_MS);
    this.#stored.set(key, charge);
    this.#charges.set(`${account} ${charge.id}`, charge);
    return answerOf(charge);
  }

  async #claimFirst({ account, key, order }: Incoming): Promise<Reply> {
    const name = `${account} ${key}`;
    const print = printOf(order);
    const claim = this.#claims.get(name);
    if (claim) return this.#repeat(claim, print);
    const mine: Claim = { print, cameAgain: false };
    this.#claims.set(name, mine);
    const charge = await this.#charge(order, randomUUID());
    if (this.#conduct === 'charges twice' && mine.cameAgain) {
      this.doubled += 1;
      await this.#charge(order, randomUUID());
    }
    mine.answer = answerOf(charge);
    this.#charges.set(`${account} ${charge.id}`, charge);
    return mine.answer;
  }

  #repeat(claim: Claim, print: string): Reply {
    if (claim.print !== print) return refusal(422, 'this key was used for another request');
    claim.cameAgain = true;
    if (claim.answer === undefined) {
      return { ...refusal(409, 'this key is under way'), headers: { 'retry-after': '1' } };
    }
    return { ...claim.answer, headers: { 'idempotent-replayed': 'true' } };
  }

  /** What the provider makes of it. `name` is the key that it is called with. */
  async #charge(order: Order, name?: string): Promise<Charge> {
    const id = randomUUID();
    const { amount, currency, source } = order;
    const made = { id, ...order, refunded: 0, createdAt: new Date().toISOString() };
    try {
      const { status } = await fetch(`${this.#provider}/v1/charges`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(name && { 'idempotency-key': name }) },
        body: JSON.stringify({ reference: id, amount, currency, source }),
      });
      return status === 201
        ? { ...made, status: 'succeeded', declineCode: null }
        : { ...made, status: 'declined', declineCode: 'card_declined' };
    } catch {
      // Nothing listens at the provider's port: the test has not opened its sandbox, or closed it.
      return name === undefined
        ? { ...made, status: 'declined', declineCode: 'processing_error' }
        : { ...made, status: 'pending', declineCode: null };
    }
  }
}

const STATUSES: Readonly<Record<string, number>> = { declined: 402, pending: 202 };

const answerOf = (charge: Charge): Page => ({
  status: STATUSES[charge.status] ?? 201,
  body: { charge },
});

const refusal = (status: number, error: string) => ({ status, body: { error } });

function orderOf(json: unknown): Order | undefined {
  const { amount, currency, source, metadata = {} } = (json ?? {}) as Partial<Order>;
  if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 1) return undefined;
  if (typeof currency !== 'string' || typeof source !== 'string') return undefined;
  return { amount, currency, source, metadata };
}

/** The same for two orders that say the same. */
function printOf({ amount, currency, source, metadata }: Order): string {
  const members = Object.entries(metadata).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const text = JSON.stringify([amount, currency, source, members]);
  return createHash('sha256').update(text).digest('hex');
}

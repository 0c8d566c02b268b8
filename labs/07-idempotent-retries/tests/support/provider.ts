import { Double, type Gate, type RecordedRequest, type Reply } from '@backend-labs/testkit';

/** A call to the provider, as it came. */
export interface Call {
  readonly key: string | undefined;
  readonly reference: string;
  readonly amount: number;
  readonly source: string;
  /** When it came, by the clock of `performance.now()`. */
  readonly at: number;
  /** When it was answered; `undefined` while it is not. */
  answeredAt: number | undefined;
}

/** A charge that the provider made: money moved. */
export interface MadeCharge {
  readonly id: string;
  readonly key: string | undefined;
  readonly reference: string;
  readonly amount: number;
  readonly source: string;
}

/** How one call goes. `charge` does what the provider does when all is well. */
export type Step = (call: Call, charge: () => Reply) => Reply | Promise<Reply>;

/** All goes well. */
export const well: Step = (_call, charge) => charge();

/** Answers so and charges nothing. */
export function refuses(status: number, headers: Readonly<Record<string, string>> = {}): Step {
  return () => ({ status, headers, body: { error: `refused_${status}` } });
}

/** Charges, and then the answer is lost: an error page, a broken connection, silence. */
export function chargesAndThen(reply: Reply): Step {
  return (_call, charge) => {
    charge();
    return reply;
  };
}

/** The answer is lost before anything was charged. */
export function fails(reply: Reply): Step {
  return () => reply;
}

/** Waits at the gate before it charges. */
export function heldAt(gate: Gate, then: Step = well): Step {
  return async (call, charge) => {
    await gate.arrive();
    return then(call, charge);
  };
}

/**
 * The payment provider, as the ticket describes it: charges once for each key, answers a known key
 * with its first answer, 409 while a call of that key is under way, and declines cards whose name
 * begins with `card_declined`. A test may plan how calls for a card go.
 */
export class Provider implements AsyncDisposable {
  readonly calls: Call[] = [];
  /** The provider's own books. */
  readonly charges: MadeCharge[] = [];
  readonly declined: MadeCharge[] = [];
  readonly #double: Double;
  readonly #plans = new Map<string, Step[]>();
  readonly #answers = new Map<string, Reply>();
  readonly #underWay = new Set<string>();

  private constructor(double: Double) {
    this.#double = double;
    double.handler = (request) => this.#answer(request);
  }

  static async open(): Promise<Provider> {
    return new Provider(await Double.open(() => 'reset'));
  }

  get env(): Record<'PROVIDER_URL', string> {
    return { PROVIDER_URL: this.#double.url };
  }

  /** How the next calls for this card go, one step each; the last step is for all later calls. */
  plan(source: string, ...steps: readonly Step[]): void {
    this.#plans.set(source, [...steps]);
  }

  /** From now on everything goes well for every card. */
  heal(): void {
    this.#plans.clear();
  }

  callsFor(source: string): Call[] {
    return this.calls.filter((call) => call.source === source);
  }

  chargesFor(source: string): MadeCharge[] {
    return this.charges.filter((charge) => charge.source === source);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#double[Symbol.asyncDispose]();
  }

  async #answer(request: RecordedRequest): Promise<Reply> {
    const call = callOf(request);
    if (!call) return { status: 400, body: { error: 'invalid_request' } };
    if (!isJson(request)) return { status: 415, body: { error: 'content_type_is_not_json' } };
    this.calls.push(call);
    const reply = await this.#reply(call);
    call.answeredAt = performance.now();
    return reply;
  }

  async #reply(call: Call): Promise<Reply> {
    const { key } = call;
    if (key !== undefined && this.#underWay.has(key)) {
      return { status: 409, body: { error: 'in_progress' } };
    }
    const step = this.#nextStep(call.source);
    if (key === undefined) return step(call, () => this.#charge(call));
    this.#underWay.add(key);
    try {
      return await step(call, () => {
        const answer = this.#answers.get(key) ?? this.#charge(call);
        this.#answers.set(key, answer);
        return answer;
      });
    } finally {
      this.#underWay.delete(key);
    }
  }

  #nextStep(source: string): Step {
    const steps = this.#plans.get(source) ?? [];
    return (steps.length > 1 ? steps.shift() : steps[0]) ?? well;
  }

  #charge({ key, reference, amount, source }: Call): Reply {
    const id = `pc_${this.charges.length + 1}`;
    if (source.startsWith('card_declined')) {
      const no = `${id}_no_${this.declined.length + 1}`;
      this.declined.push({ id: no, key, reference, amount, source });
      return {
        status: 402,
        body: { id: no, reference, status: 'declined', code: 'card_declined' },
      };
    }
    this.charges.push({ id, key, reference, amount, source });
    return { status: 201, body: { id, reference, status: 'succeeded' } };
  }
}

/**
 * Does something while a call for this card is at the provider, which has charged and not answered.
 * Resolves with what came of it.
 */
export function whileAtProvider<T>(
  provider: Provider,
  source: string,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // The test that awaits it sees a failure.
  promise.catch(() => {});
  provider.plan(source, async (call, charge) => {
    const reply = charge();
    await work(call).then(resolve, reject);
    return reply;
  });
  return promise;
}

const isJson = ({ headers }: RecordedRequest): boolean =>
  headers['content-type']?.startsWith('application/json') ?? false;

function callOf({ method, path, headers, json }: RecordedRequest): Call | undefined {
  const { reference, amount, source } = (json ?? {}) as Record<string, unknown>;
  if (method !== 'POST' || path !== '/v1/charges') return undefined;
  if (typeof reference !== 'string' || typeof amount !== 'number') return undefined;
  if (typeof source !== 'string') return undefined;
  const key = headers['idempotency-key'];
  return {
    key: typeof key === 'string' ? key : undefined,
    reference,
    amount,
    source,
    at: performance.now(),
    answeredAt: undefined,
  };
}

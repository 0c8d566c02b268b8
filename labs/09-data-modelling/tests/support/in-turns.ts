import {
  type Answer,
  beforeStatement,
  happens,
  type PostgresProbe,
  type Service,
  type StartedService,
  TcpProxy,
  test as base,
} from '@backend-labs/testkit';
import { must, urlOf } from './draws.ts';

type Request = (service: StartedService) => Promise<Answer>;

const END_WITHIN_MS = 20_000;
const LOOK_WITHIN_MS = 2_000;

/** One request, at an instance of its own, whose statements wait for their turn. */
class Lane {
  done = false;
  answer: Promise<Answer> | undefined;
  readonly #held: (() => void)[] = [];
  #closed = false;

  /** Sends the request. From now on, statements wait. */
  begin(request: () => Promise<Answer>): void {
    this.#closed = true;
    this.done = false;
    this.answer = request().finally(() => (this.done = true));
    // Awaited at the end: without this, an early failure would end the process.
    this.answer.catch(() => {});
  }

  /** Called with each statement, which goes on when this resolves. */
  async arrive(): Promise<undefined> {
    if (this.#closed) await new Promise<void>((go) => this.#held.push(go));
    return undefined;
  }

  get ready(): boolean {
    return this.done || this.#held.length > 0;
  }

  /** Lets one statement go on. Answers whether there was one. */
  step(): boolean {
    const go = this.#held.shift();
    go?.();
    return go !== undefined;
  }

  open(): void {
    this.#closed = false;
    while (this.step());
  }
}

/** Two instances of the service, each with a proxy before the database. */
class TwoInstances implements AsyncDisposable {
  readonly #held = new AsyncDisposableStack();
  readonly #lanes: Lane[] = [];
  readonly #services: StartedService[] = [];

  static async start(definition: Service, url: string): Promise<TwoInstances> {
    const two = new TwoInstances();
    for (const lane of [new Lane(), new Lane()]) {
      const tap = () => beforeStatement(() => lane.arrive());
      const proxy = two.#held.use(await TcpProxy.to(url, tap));
      const service = definition.with({ DATABASE_URL: proxy.rewrite(url) });
      two.#services.push(two.#held.use(await service.start()));
      two.#held.defer(() => lane.open());
      two.#lanes.push(lane);
    }
    return two;
  }

  async inTurns(postgres: PostgresProbe, requests: readonly Request[]): Promise<Answer[]> {
    for (const [at, service] of this.#services.entries()) {
      const request = must(requests[at]);
      must(this.#lanes[at]).begin(() => request(service));
    }
    await alternate(this.#lanes, postgres);
    for (const lane of this.#lanes) lane.open();
    return await Promise.all(this.#lanes.flatMap(({ answer }) => answer ?? []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync();
  }
}

/**
 * `test` with `inTurns(first, second)`: answers of two requests, each to an instance of its own, whose
 * statements reach the database in turns: one of the first, one of the second, one of the first, and so
 * on. So whatever both look at before either writes, they see alike, every time. A request that waits
 * for a lock loses its turn.
 */
export const test = base.extend(
  'inTurns',
  { scope: 'file' },
  ({ cleanup, definition, lease, postgres }) => {
    let instances: Promise<TwoInstances> | undefined;
    const start = async (): Promise<TwoInstances> =>
      cleanup.use(await TwoInstances.start(definition, urlOf(lease)));
    return async (...requests: readonly [Request, Request]): Promise<Answer[]> => {
      instances ??= start();
      return (await instances).inTurns(postgres, requests);
    };
  },
);

async function alternate(lanes: readonly Lane[], postgres: PostgresProbe): Promise<void> {
  const begun = performance.now();
  while (performance.now() - begun < END_WITHIN_MS) {
    for (const lane of lanes) {
      const settled = async (): Promise<boolean> => lane.ready || (await somebodyWaits(postgres));
      await happens(settled, { within: LOOK_WITHIN_MS, every: 5 });
      // To its next statement, its end, or a lock.
      if (lane.step()) await happens(settled, { within: LOOK_WITHIN_MS, every: 5 });
    }
    if (lanes.every(({ done }) => done)) return;
  }
}

async function somebodyWaits(postgres: PostgresProbe): Promise<boolean> {
  return (await postgres.locksHeld()).some(({ granted }) => !granted);
}

import {
  type Answer,
  beforeStatement,
  happens,
  type PostgresProbe,
  type Service,
  type StartedService,
  TcpProxy,
} from '@backend-labs/testkit';

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

/**
 * Answers of two requests, each to an instance of its own, whose statements reach the database in
 * turns: one of the first, one of the second, one of the first, and so on. So whatever both look at
 * before either writes, they see alike, every time. A request that waits for a lock loses its turn.
 */
export async function inTurns(
  definition: Service,
  postgres: PostgresProbe,
  url: string,
  requests: readonly [Request, Request],
): Promise<Answer[]> {
  await using held = new AsyncDisposableStack();
  const lanes: Lane[] = [];
  for (const request of requests) {
    const lane = new Lane();
    const proxy = held.use(await TcpProxy.to(url, () => beforeStatement(() => lane.arrive())));
    const service = held.use(await definition.with({ DATABASE_URL: proxy.rewrite(url) }).start());
    held.defer(() => lane.open());
    lanes.push(lane);
    lane.begin(() => request(service));
  }
  await alternate(lanes, postgres);
  for (const lane of lanes) lane.open();
  return await Promise.all(lanes.flatMap(({ answer }) => answer ?? []));
}

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

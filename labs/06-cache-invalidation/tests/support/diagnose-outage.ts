import {
  type Answer,
  happens,
  lesson,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import { type Product, read, stored } from './catalog.ts';
import { inWords, type Mode } from './outage.ts';
import type { Shop } from './shop.ts';
import { statementsOf } from './statements.ts';

const BACK_MS = 5_000;

interface NotAnswered {
  readonly shop: Shop;
  readonly service: StartedService;
  readonly path: string;
  readonly mode: 'refuses' | 'stalls';
  readonly settled: PromiseSettledResult<Answer> | undefined;
}

/** Does the request wait for Redis, or fail with it? */
export async function notAnswered({
  shop,
  service,
  path,
  mode,
  settled,
}: NotAnswered): Promise<void> {
  const healthy = await service.get('/healthz');
  if (healthy.status !== 200) return;
  if (settled?.status === 'fulfilled') {
    const { status } = settled.value;
    if (status < 500) return;
    await shop.resumeRedis();
    const recovered = await happens(async () => (await ask(service, path)).status === 200, {
      within: BACK_MS,
    });
    if (!recovered) return;
    lesson('cache-error-is-an-error', {
      observed: `While Redis ${mode}, GET ${path} answered ${status}. When Redis was back, it answered 200.`,
      meaning:
        'The error of the cache became the error of the request. Postgres had the answer all the time.',
      lookAt: 'what a reader does when the cache has no answer, whatever the reason.',
    });
  }
  const waiting = ask(service, path);
  await shop.resumeRedis();
  const { status } = await waiting;
  if (status !== 200) return;
  if (mode === 'stalls') {
    lesson('no-command-timeout', {
      observed: `While Redis accepted commands and did not answer, GET ${path} had no answer within 3,000 ms. When Redis went on, the answer came.`,
      meaning:
        'The connection is up, so nothing looks wrong to the client of Redis. A command waits for its reply without a limit unless you set one.',
      lookAt:
        'which option bounds the wait for one command, and how many commands one request sends.',
    });
  }
  lesson('default-client', {
    observed: `While Redis refused connections, GET ${path} had no answer within 3,000 ms. When Redis was back, the answer came.`,
    meaning:
      'ioredis puts commands into a queue while it is not connected, and gives a command up after 20 attempts to connect. That takes more than a minute.',
    lookAt: 'the options of ioredis about the offline queue and about retries for each request.',
  });
}

interface Written {
  readonly status: number;
  readonly priceCents: number;
  readonly price: number;
}

export function changedAfter503({ status, priceCents, price }: Written): void {
  if (status !== 503 || priceCents !== price) return;
  lesson('refused-and-done', {
    observed: `A PUT answered 503, and the price in the database is ${priceCents}, as the PUT had asked.`,
    meaning:
      'The write was committed before the service found out that it could not tell Redis. A 503 cannot undo a commit.',
    lookAt: 'which steps must have worked before COMMIT, and which can be done later.',
  });
}

interface Forgotten {
  readonly services: readonly StartedService[];
  readonly id: number;
  readonly postgres: PostgresProbe;
  readonly mode: Mode;
  /** The writing instance was killed. With it alive, the same write is known. */
  readonly killed?: boolean;
}

/** Is the old entry in use, with nothing left that will remove it? */
export async function forgotten({
  services,
  id,
  postgres,
  mode,
  killed = false,
}: Forgotten): Promise<void> {
  const now = await stored(postgres, id);
  for (const service of services) {
    const { result, calls } = await statementsOf(postgres, () => read(service, id));
    if (calls > 0 || result.version >= now.version) continue;
    lesson(killed ? 'memory-dies-too' : 'invalidation-forgotten', {
      observed: `During an outage in which Redis ${inWords(mode)}, a PUT committed version ${now.version} of product ${id}. 5,000 ms after Redis was back, an instance answered version ${result.version}, with 0 statements.`,
      meaning: killed
        ? 'The entry in Redis survived the outage. The process that knew about the write was killed. Only its memory had a note of the invalidation that was still to do.'
        : 'The entry in Redis survived the outage. The write could not remove it during the outage, and nothing removed it later.',
      lookAt: killed
        ? 'a place for invalidations that are still to do, which is as durable as the write itself, or a rule that needs none.'
        : 'what happens to an invalidation that Redis did not receive, and what an instance may trust after an outage.',
    });
  }
}

interface NotCached {
  readonly shop: Shop;
  readonly control: Product;
  readonly postgres: PostgresProbe;
  readonly mode: 'refuses' | 'stalls';
}

/** Has an instance given Redis up for good? A restart shows it. */
export async function notCachedAgain({ shop, control, postgres, mode }: NotCached): Promise<void> {
  await using restarted = await shop.first.service.restart();
  await read(restarted, control.id);
  const cached = await happens(
    async () => (await postgres.measure(() => read(restarted, control.id))).calls === 0,
    { within: BACK_MS, every: 100 },
  );
  if (!cached) return;
  lesson('gave-up-for-good', {
    observed: `5,000 ms after Redis ${mode === 'refuses' ? 'accepted connections' : 'answered'} again, each GET still cost a statement. After a restart, the same instance used Redis.`,
    meaning:
      'The instance stopped trying to reach Redis. One short outage turns the cache off until somebody restarts every process.',
    lookAt:
      'what your client does after a failed attempt to connect, and how long it goes on doing so.',
  });
}

function ask(service: StartedService, path: string): Promise<Answer> {
  return service.get(path, { headers: { 'X-Customer-Id': '7' } });
}

import {
  happens,
  lesson,
  type PostgresProbe,
  type RedisProbe,
  type StartedService,
} from '@backend-labs/testkit';
import { newProduct, type Product, put, read } from './catalog.ts';
import type { Shop } from './shop.ts';
import { statementsOf } from './statements.ts';

/** Far less than the life of a copy that no message removes. */
const LEARNS_WITHIN_MS = 1_000;

interface Evidence {
  readonly postgres: PostgresProbe;
  readonly redis: RedisProbe;
  /** The instance that answered. */
  readonly service: StartedService;
  readonly seen: Product;
  /** What the answer had to say. */
  readonly price: number;
}

/** Is the old value in the memory of the process? With Redis empty it can come from nowhere else. */
export async function fromTheProcess({
  postgres,
  redis,
  service,
  seen,
  price,
}: Evidence): Promise<void> {
  await redis.command('FLUSHDB');
  const { result, calls } = await statementsOf(postgres, () => read(service, seen.id));
  const inMemory = calls === 0 && result.priceCents !== price;
  if (!inMemory) return;
  lesson('second-cache-forgotten', {
    observed: `A PUT changed the price to ${price}. An instance still answered ${seen.priceCents}. It did so again when Redis was empty, with 0 statements.`,
    meaning:
      'The old value is in the memory of this process. There are two caches, and the write removes the value only from Redis and from the process that writes.',
    lookAt:
      'how the memory of one process learns about the write of another, and what it saves that Redis does not.',
  });
}

/** Was the answer old only for as long as Redis was late? */
export async function fromBeforeTheMessage(evidence: Evidence): Promise<void> {
  const { service, seen, price } = evidence;
  const learnt = await happens(async () => (await read(service, seen.id)).priceCents === price, {
    within: LEARNS_WITHIN_MS,
  });
  if (!learnt) return fromTheProcess(evidence);
  lesson('message-as-a-guarantee', {
    observed: `A PUT changed the price to ${price} and answered 200. While everything that Redis sends to the second instance was late, that instance answered ${seen.priceCents}. When it had arrived, it answered ${price}.`,
    meaning:
      'The instance keeps a copy of its own and relies on a message to drop it. A message can arrive later than the answer of the PUT, or never: pub/sub does not repeat what a subscriber missed.',
    lookAt: 'what an instance can ask, at each read, to know that its own copy is still right.',
  });
}

/** Did a reader fill the cache with the old row, after it was emptied and before the commit? */
export async function seenBeforeCommit(
  evidence: Evidence & { readonly steps: readonly string[]; readonly shop: Shop },
): Promise<void> {
  const { postgres, redis, service, seen, price, steps, shop } = evidence;
  // A write that nobody disturbs is seen everywhere, so the order within the write is at fault.
  const control = await newProduct(postgres, { categoryId: seen.categoryId, priceCents: 700 });
  for (const each of shop.services) await read(each, control.id);
  await put(service, control, { priceCents: 800 });
  for (const each of shop.services) {
    if ((await read(each, control.id)).priceCents !== 800) return;
  }
  await redis.command('FLUSHDB');
  if ((await read(service, seen.id)).priceCents !== price) return;
  lesson('invalidated-before-commit', {
    observed: `Other customers read the product before each step of the PUT (${steps.join(', ')}). The PUT answered 200, and the price in Redis was still ${seen.priceCents} instead of ${price}. Without readers, the same write is seen.`,
    meaning:
      'The entry was removed while the write was not committed. A reader between the two still sees the old row, which is the committed one, and fills the cache with it again.',
    lookAt: 'the order of COMMIT and whatever removes the entry.',
  });
}

/** Did the reader that was held write its old value over what the PUT had removed? */
export async function lateFill(evidence: Evidence & { readonly seenLate: number }): Promise<void> {
  const { postgres, redis, service, seen, price, seenLate } = evidence;
  if (seenLate === price || seen.priceCents !== seenLate) return;
  await redis.command('FLUSHDB');
  if ((await read(service, seen.id)).priceCents !== price) return;
  const { priceCents } = await read(service, seen.id);
  const [row] = await postgres.query<{ price: number }>(
    'SELECT price_cents AS price FROM products WHERE id = $1',
    [seen.id],
  );
  if (priceCents !== row?.price) return;
  lesson('late-fill', {
    observed: `A GET read the price ${seenLate} and was slow. A PUT wrote ${price} and answered 200. Then the slow GET finished, and the next GET answered ${seen.priceCents} from Redis.`,
    meaning:
      'The slow reader stored what it had read, although that was no longer right. Removing an entry does not stop a fill that is already in progress.',
    lookAt:
      'what a reader could remember before it asks Postgres, so its fill is refused or ignored after a write.',
  });
}

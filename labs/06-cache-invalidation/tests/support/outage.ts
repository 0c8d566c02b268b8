import {
  type Answer,
  happens,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import { newCategory, newProduct, type Product, put, read, readPage, stored } from './catalog.ts';
import { beforeCommit } from './database-line.ts';
import type { Shop } from './shop.ts';

/** What the ticket gives each answer: five times the budget. */
export const ANSWER_MS = 3_000;
export const BACK_MS = 5_000;
export const MODES = ['refuses', 'stalls'] as const;
/** `fails at COMMIT`: when a write has reached its commit, Redis refuses, and not before. */
export type Mode = (typeof MODES)[number] | 'fails at COMMIT';

export function breakRedis(shop: Shop, mode: Mode): void {
  if (mode === 'refuses') shop.refuseRedis();
  if (mode === 'stalls') shop.stallRedis();
  if (mode === 'fails at COMMIT') {
    shop.first.line.onStatement = beforeCommit(() => shop.refuseRedis());
  }
}

export function askDuringOutage(service: StartedService, path: string): Promise<Answer> {
  return service.get(path, { within: ANSWER_MS, headers: { 'X-Customer-Id': '7' } });
}

/** Whatever it answers: the database says what has become of it. */
async function write(service: StartedService, product: Product, price: number): Promise<void> {
  await Promise.allSettled([put(service, product, { priceCents: price }, { within: ANSWER_MS })]);
}

interface Scene {
  /** Changes while Redis is down. */
  readonly product: Product;
  /** Does not change. */
  readonly control: Product;
}

/** Two products and their pages, in every cache that there is. */
export async function warm(
  shop: Shop,
  postgres: PostgresProbe,
  priceCents: number,
): Promise<Scene> {
  const [product, control] = [
    await newProduct(postgres, { categoryId: await newCategory(postgres, 2), priceCents }),
    await newProduct(postgres, { categoryId: await newCategory(postgres, 2), priceCents }),
  ];
  for (const service of [...shop.services, ...shop.services]) {
    for (const { id, categoryId } of [product, control]) {
      await read(service, id);
      await readPage(service, categoryId);
    }
  }
  // On a busy machine, Redis may have been too slow for the budget.
  for (const known of [product, control]) await cachedAgain(shop.services, known, postgres);
  return { product, control };
}

/** Whether every instance answers without a statement again, in time. */
export function cachedAgain(
  services: readonly StartedService[],
  { id }: Product,
  postgres: PostgresProbe,
): Promise<boolean> {
  return happens(
    async () => {
      const { calls } = await postgres.measure(() =>
        Promise.all(services.map((service) => read(service, id))),
      );
      return calls === 0;
    },
    { within: BACK_MS, every: 100 },
  );
}

/** The product and its page are as in the database, in the end, on every instance. */
function agrees(
  services: readonly StartedService[],
  { id, categoryId }: Product,
  postgres: PostgresProbe,
): Promise<boolean> {
  return happens(
    async () => {
      const now = await stored(postgres, id);
      const seen = await Promise.all(
        services.map(async (service) => [
          await read(service, id),
          (await readPage(service, categoryId)).find((shown) => shown.id === id),
        ]),
      );
      return seen.flat().every((shown) => shown?.version === now.version);
    },
    { within: BACK_MS, every: 200 },
  );
}

interface History {
  /** Of one product. */
  readonly prices: readonly number[];
  /** Of all products. */
  readonly rows: number;
}

export async function historyOf(postgres: PostgresProbe, id: number): Promise<History> {
  const all = await postgres.query<{ id: number; price: number }>(
    'SELECT product_id AS id, price_cents AS price FROM price_changes',
  );
  const own = all.filter((row) => row.id === id);
  return { prices: own.map(({ price }) => price), rows: all.length };
}

interface Outage {
  readonly mode: Mode;
  /** Whether the instance that wrote is killed before Redis is back. */
  readonly kill: boolean;
  readonly price: number;
  readonly postgres: PostgresProbe;
}

/** The outage, for messages: "Redis …". */
export function inWords(mode: Mode): string {
  if (mode === 'refuses') return 'refused connections';
  if (mode === 'stalls') return 'accepted commands and did not answer';
  return 'refused connections from the COMMIT on';
}

/** What a test expects after an outage. */
export function agreesAfter(mode: Mode): string {
  return `every answer agrees with the database within ${BACK_MS} ms after an outage in which Redis ${inWords(mode)}`;
}

/** A write while Redis is down. Answers whether every instance that is left knows it afterwards. */
export async function knowsAfterwards(
  { shop, product, control }: Scene & { readonly shop: Shop },
  { mode, kill, price, postgres }: Outage,
): Promise<boolean> {
  breakRedis(shop, mode);
  await write(shop.first.service, product, price);
  shop.first.line.onStatement = undefined;
  if (kill) await shop.first.service.kill();
  await shop.resumeRedis();
  const left = shop.services.filter(({ running }) => running);
  await cachedAgain(left, control, postgres);
  if (await agrees(left, product, postgres)) return true;
  // A page that shows no write at all is not the outage's fault.
  const [one] = left;
  return (
    one !== undefined && !(await followsWrites(one, control)) && knows(left, product, postgres)
  );
}

/** Whether every instance answers with the product that is in the database. */
async function knows(
  services: readonly StartedService[],
  { id }: Product,
  postgres: PostgresProbe,
): Promise<boolean> {
  const now = await stored(postgres, id);
  const seen = await Promise.all(services.map((service) => read(service, id)));
  return seen.every(({ version }) => version === now.version);
}

/** Whether a page shows a write while Redis is up. */
async function followsWrites(service: StartedService, product: Product): Promise<boolean> {
  const { id, categoryId, priceCents } = product;
  await readPage(service, categoryId);
  (await put(service, product, { priceCents: priceCents + 1 })).expect(200);
  const shown = (await readPage(service, categoryId)).find((one) => one.id === id);
  return shown?.priceCents === priceCents + 1;
}

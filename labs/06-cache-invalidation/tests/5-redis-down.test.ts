import { each, expect, explain, judges, test as base } from '@backend-labs/testkit';
import {
  newCategory,
  newProduct,
  put,
  read,
  readPage,
  stored,
  storedCategory,
} from './support/catalog.ts';
import {
  changedAfter503,
  forgotten,
  notAnswered,
  notCachedAgain,
} from './support/diagnose-outage.ts';
import {
  agreesAfter,
  ANSWER_MS,
  askDuringOutage,
  BACK_MS,
  breakRedis,
  cachedAgain,
  historyOf,
  knowsAfterwards,
  MODES,
  warm,
} from './support/outage.ts';
import { Shop } from './support/shop.ts';

const STATEMENTS = 3;
const env = { REDIS_BUDGET_MS: '600' };

/** Each test has its own pair, because a service may not survive an outage. */
const test = base.extend(
  'open',
  ({ definition, lease }) =>
    () =>
      Shop.open({ definition, lease, env }),
);

for (const [point, mode] of [
  ['5.1', 'refuses'],
  ['5.2', 'stalls'],
] as const) {
  test(
    `a GET is answered from the database while Redis ${mode}`,
    judges(point),
    async ({ draw, open, postgres }) => {
      await using shop = await open();
      const known = await newProduct(postgres, { categoryId: draw.int(1, 6), priceCents: 900 });
      const unknown = await newProduct(postgres, { categoryId: draw.int(1, 6), priceCents: 800 });
      const category = await newCategory(postgres, 5);
      for (const service of shop.services) {
        await read(service, known.id);
        await readPage(service, category);
      }
      const { body: basket } = await shop.first.service.get<{ items: unknown }>('/v1/me/basket', {
        headers: { 'X-Customer-Id': '7' },
      });
      const items = await storedCategory(postgres, category);
      const expected: readonly (readonly [string, object])[] = [
        [`/v1/products/${known.id}`, { product: known }],
        [`/v1/products/${unknown.id}`, { product: unknown }],
        [`/v1/categories/${category}/products`, { page: 1, items }],
        ['/v1/me/basket', { customerId: 7, items: basket.items }],
      ];
      const requests = shop.services.flatMap((service) =>
        expected.flatMap(([path, body]) => [1, 2, 3].map(() => ({ service, path, body }))),
      );

      breakRedis(shop, mode);
      const { result: answers, calls } = await postgres.measure(() =>
        Promise.allSettled(requests.map(({ service, path }) => askDuringOutage(service, path))),
      );
      await each('answers', requests.entries(), async ([index, { service, path, body }]) => {
        await explain(
          () => {
            const settled = answers[index];
            const answer = settled?.status === 'fulfilled' ? settled.value : undefined;
            expect(
              answer?.status ?? `none within ${ANSWER_MS} ms`,
              `status of GET ${path} while Redis ${mode}`,
            ).toBe(200);
            expect(answer?.body, `answer to GET ${path} while Redis ${mode}`).toEqual(body);
          },
          () => notAnswered({ shop, service, path, mode, settled: answers[index] }),
        );
      });
      expect(
        calls,
        `statements of ${requests.length} GETs while Redis ${mode}`,
      ).toBeLessThanOrEqual(requests.length * STATEMENTS);
    },
  );
}

test(
  'a PUT while Redis is down answers 200, or 503 and changes nothing',
  judges('5.3'),
  async ({ draw, open, postgres }) => {
    await each('outages', draw.shuffle(MODES), async (mode) => {
      await using shop = await open();
      const product = await newProduct(postgres, { categoryId: draw.int(1, 6), priceCents: 900 });
      for (const service of shop.services) await read(service, product.id);
      const before = await historyOf(postgres, product.id);
      breakRedis(shop, mode);
      const price = draw.int(1_000, 5_000);
      const { status } = await put(
        shop.first.service,
        product,
        { priceCents: price },
        { within: ANSWER_MS },
      );
      expect([200, 503], `status of a PUT while Redis ${mode}`).toContain(status);
      const now = await stored(postgres, product.id);
      const history = await historyOf(postgres, product.id);
      const done = status === 200;
      await explain(
        () => {
          expect(now, `product in the database after a PUT that answered ${status}`).toEqual(
            done ? { ...product, priceCents: price, version: product.version + 1 } : product,
          );
          expect(history, `price_changes after a PUT that answered ${status}`).toEqual({
            prices: done ? [price] : [],
            rows: before.rows + Number(done),
          });
        },
        () => changedAfter503({ status, priceCents: now.priceCents, price }),
      );
    });
  },
);

test(
  'when Redis is back, nothing old is in it',
  judges('5.4'),
  async ({ draw, open, postgres }) => {
    await each('outages', draw.shuffle([...MODES, 'fails at COMMIT'] as const), async (mode) => {
      await using shop = await open();
      const scene = await warm(shop, postgres, draw.int(500, 900));
      const outage = { mode, kill: false, price: draw.int(1_000, 5_000), postgres };
      const known = await knowsAfterwards({ shop, ...scene }, outage);
      await explain(
        () => expect(known, agreesAfter(mode)).toBe(true),
        () => forgotten({ services: shop.services, id: scene.product.id, postgres, mode }),
      );
    });
  },
);

test(
  'when Redis is back, nothing old is in it, even if the instance of the PUT was killed',
  judges('5.5'),
  async ({ draw, open, postgres }) => {
    await each('outages', draw.shuffle(MODES), async (mode) => {
      await using shop = await open();
      const scene = await warm(shop, postgres, draw.int(500, 900));
      const outage = { mode, price: draw.int(1_000, 5_000), postgres };
      const known = await knowsAfterwards({ shop, ...scene }, { ...outage, kill: true });
      await explain(
        () => expect(known, agreesAfter(mode)).toBe(true),
        async () => {
          // Does the same outage do harm when nobody is killed?
          await using whole = await open();
          const control = await warm(whole, postgres, draw.int(500, 900));
          const killed = await knowsAfterwards(
            { shop: whole, ...control },
            { ...outage, kill: false },
          );
          await forgotten({
            services: [shop.second.service],
            id: scene.product.id,
            postgres,
            mode,
            killed,
          });
        },
      );
    });
  },
);

test(
  'when Redis is back, products are cached again',
  judges('5.6'),
  async ({ draw, open, postgres }) => {
    await each('outages', draw.shuffle(MODES), async (mode) => {
      await using shop = await open();
      const { control } = await warm(shop, postgres, draw.int(500, 900));
      breakRedis(shop, mode);
      await Promise.allSettled(
        shop.services.map((service) => askDuringOutage(service, `/v1/products/${control.id}`)),
      );
      await shop.resumeRedis();
      const again = await cachedAgain(shop.services, control, postgres);
      await explain(
        () =>
          expect(
            again,
            `a GET costs no statement within ${BACK_MS} ms after the outage, in which Redis ${mode}`,
          ).toBe(true),
        () => notCachedAgain({ shop, control, postgres, mode }),
      );
    });
  },
);

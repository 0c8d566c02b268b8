import {
  each,
  expect,
  explain,
  judges,
  lesson,
  type PostgresProbe,
  type StartedService,
  test as base,
} from '@backend-labs/testkit';
import { CATEGORIES } from './support/catalog.ts';
import { Shop } from './support/shop.ts';
import { statementsOf } from './support/statements.ts';

const CUSTOMERS = Array.from({ length: 50 }, (_, index) => index + 1);
/** Nobody asks for their baskets before this test does. */
const OTHERS = Array.from({ length: 10 }, (_, index) => index + 51);
const CUSTOMER = 'X-Customer-Id';

interface Basket {
  readonly customerId: number;
  readonly items: readonly {
    readonly productId: number;
    readonly name: string;
    readonly priceCents: number;
    readonly quantity: number;
  }[];
}

const test = base.extend('shop', { scope: 'file' }, async ({ cleanup, definition, lease }) =>
  cleanup.use(await Shop.open({ definition, lease })),
);

test('every customer gets their own basket', judges('1.1'), async ({ draw, postgres, shop }) => {
  const customers = draw.shuffle(CUSTOMERS);
  await each('baskets', customers, async (customerId) => {
    for (const service of draw.shuffle(shop.services)) {
      const basket = await readBasket(service, customerId);
      const own = await storedBasket(postgres, customerId);
      await explain(
        () => {
          expect(basket, `basket that customer ${customerId} gets`).toMatchObject({
            customerId,
            items: own.items,
          });
        },
        () => {
          const { customerId: owner } = basket;
          if (owner === customerId || !customers.includes(owner)) return;
          lesson('key-without-the-customer', {
            observed: `Customer ${customerId} got the basket of customer ${owner}.`,
            meaning:
              'The answer was kept under a key that does not contain everything the answer depends on. All customers ask for the same URL.',
            lookAt: `what else the basket depends on besides its URL: the header ${CUSTOMER}. Does a basket have to be cached at all?`,
          });
        },
      );
    }
  });
});

test(
  'an item that was just added is in the basket',
  judges('1.2'),
  async ({ draw, postgres, shop }) => {
    await each('baskets', draw.shuffle(OTHERS), async (customerId) => {
      for (const service of shop.services) await readBasket(service, customerId);
      const productId = 391 - draw.int(1, 40);
      await postgres.query(
        `INSERT INTO basket_items VALUES ($1, $2, 1)
         ON CONFLICT (customer_id, product_id) DO UPDATE SET quantity = basket_items.quantity + 1`,
        [customerId, productId],
      );
      for (const service of shop.services) {
        const { items } = await readBasket(service, customerId);
        const own = await storedBasket(postgres, customerId);
        await explain(
          () =>
            expect(items, `basket of ${customerId} after an item was added`).toMatchObject(
              own.items,
            ),
          async () => {
            const { result, calls } = await statementsOf(postgres, () =>
              readBasket(service, customerId),
            );
            if (calls > 0 || result.customerId !== customerId) return;
            lesson('old-basket', {
              observed: `The checkout service added product ${productId} to the basket of customer ${customerId}. The next answer did not have it, and cost 0 statements.`,
              meaning:
                'The basket came from a cache. Another service writes baskets and does not know this cache, so nothing removes the old one.',
              lookAt:
                'how often one basket is read between two changes, and what a cache of it would save.',
            });
          },
        );
      }
    });
  },
);

test('no shared cache may store a basket', judges('1.3'), async ({ draw, shop }) => {
  for (const service of shop.services) {
    const answer = await service.get('/v1/me/basket', {
      headers: { [CUSTOMER]: String(draw.pick(CUSTOMERS)) },
    });
    const header = answer.expect(200).headers['cache-control'] ?? '';
    const directives = header
      .toLowerCase()
      .split(',')
      .map((part) => part.trim());
    await explain(
      () => {
        expect(
          directives.some((name) => name === 'private' || name === 'no-store'),
          `Cache-Control of a basket ("${header}") has private or no-store`,
        ).toBe(true);
      },
      () => {
        const allowed = directives.find((name) =>
          /^(?:public|s?-?max-?age=[1-9]|s-maxage=[1-9])/u.test(name),
        );
        if (header !== '' && allowed === undefined) return;
        lesson('basket-for-everybody', {
          observed: `The answer with a basket has ${header === '' ? 'no Cache-Control header' : `Cache-Control: ${header}`}.`,
          meaning:
            'RFC 9111 lets a shared cache store an answer unless a header forbids it. A CDN looks at the URL, and all customers have the same one.',
          lookAt: 'the directives of a response that keep it out of shared caches.',
        });
      },
    );
  }
});

test('an error is not kept after Postgres works again', judges('1.4'), async ({ draw, shop }) => {
  const { service, database } = shop.first;
  const paths = [
    '/v1/me/basket',
    `/v1/products/${draw.int(1, 390)}`,
    `/v1/categories/${draw.pick(CATEGORIES)}/products?page=${draw.int(2, 3)}`,
  ];
  const headers = { [CUSTOMER]: String(draw.int(101, 999)) };
  await each('paths', paths, async (path) => {
    database.refuse();
    database.cut();
    const broken = await service.get(path, { headers });
    await database.resume();
    const { status } = await service.get(path, { headers });
    await explain(
      () => expect(status, `status of GET ${path} when Postgres works again`).toBe(200),
      () => {
        if (broken.status < 500 || status !== broken.status) return;
        lesson('errors-kept', {
          observed: `GET ${path} answered ${broken.status} while Postgres was down, and ${status} again when Postgres worked.`,
          meaning:
            'The answer was kept with its status. An outage of a second then lasts as long as the cache keeps it.',
          lookAt: 'which answers the cache keeps, and whether it looks at their status.',
        });
      },
    );
  });
});

async function readBasket(service: StartedService, customerId: number): Promise<Basket> {
  const headers = { [CUSTOMER]: String(customerId) };
  return (await service.get<Basket>('/v1/me/basket', { headers })).expect(200).body;
}

async function storedBasket(postgres: PostgresProbe, customerId: number): Promise<Basket> {
  const items = await postgres.query<Basket['items'][number]>(
    `SELECT p.id AS "productId", p.name, p.price_cents AS "priceCents", b.quantity
       FROM basket_items b JOIN products p ON p.id = b.product_id
      WHERE b.customer_id = $1 ORDER BY p.id`,
    [customerId],
  );
  return { customerId, items };
}

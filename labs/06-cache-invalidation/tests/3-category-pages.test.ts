import {
  each,
  expect,
  explain,
  gate,
  judges,
  lesson,
  type PostgresProbe,
  type StartedService,
  test as base,
} from '@backend-labs/testkit';
import {
  newCategory,
  type Page,
  type Product,
  put,
  read,
  readPage,
  storedCategory,
} from './support/catalog.ts';
import { eachForItself } from './support/diagnose-sharing.ts';
import { settle } from './support/settle.ts';
import { Shop } from './support/shop.ts';
import { statementsOf } from './support/statements.ts';

const PRODUCTS = 45;
const PAGE_SIZE = 20;
/** The last one is empty. */
const PAGES = [1, 2, 3, 4];

const test = base.extend('shop', { scope: 'file' }, async ({ cleanup, definition, lease }) =>
  cleanup.use(await Shop.open({ definition, lease })),
);

test(
  'after a PUT, the pages of its category are right on every instance',
  judges('3.1'),
  async ({ draw, postgres, shop }) => {
    const category = await newCategory(postgres, PRODUCTS);
    await readAll(shop, category);
    const product = draw.pick(await storedCategory(postgres, category));
    if (!product) return;
    const price = product.priceCents + draw.int(1, 400);
    (await put(draw.pick(shop.services), product, { priceCents: price })).expect(200);
    await each('pages', placesOf(shop, draw.shuffle(PAGES)), async ({ service, page }) => {
      await pageIsRight({ postgres, service, category, page }, async (shown) => {
        const { priceCents } = await read(service, product.id);
        if (
          priceCents !== price ||
          !shown.some(({ id, priceCents: old }) => id === product.id && old !== price)
        )
          return;
        lesson('pages-forgotten', {
          observed: `A PUT changed the price of product ${product.id} to ${price}. GET /v1/products/${product.id} shows it, and page ${page} of category ${category} does not.`,
          meaning:
            'The write removes the entry of the product. The pages that show the product are entries of their own, and nothing removes them.',
          lookAt:
            'which answers contain this row, and what all of them have in common that a write can change.',
        });
      });
    });
  },
);

test(
  'after a product has moved, the pages of both categories are right',
  judges('3.2'),
  async ({ draw, postgres, shop }) => {
    const from = await newCategory(postgres, PRODUCTS);
    const to = await newCategory(postgres, PRODUCTS);
    for (const category of [from, to]) await readAll(shop, category);
    const product = draw.pick((await storedCategory(postgres, from)).slice(0, PAGE_SIZE));
    if (!product) return;
    (await put(draw.pick(shop.services), product, { categoryId: to })).expect(200);
    const places = [from, to].flatMap((category) =>
      placesOf(shop, PAGES).map((place) => ({ ...place, category })),
    );
    await each('pages', draw.shuffle(places), async ({ service, category, page }) => {
      await pageIsRight({ postgres, service, category, page }, async (shown) => {
        if (category !== from || !shown.some(({ id }) => id === product.id)) return;
        const arrived = (await readEach(service, to)).some(({ id }) => id === product.id);
        if (!arrived) return;
        lesson('old-category-forgotten', {
          observed: `Product ${product.id} moved from category ${from} to ${to}. The pages of ${to} show it, and page ${page} of ${from} shows it as well.`,
          meaning:
            'A move changes two categories: the one that the product is in now, and the one that it was in before.',
          lookAt: 'where the write learns which category the product was in.',
        });
      });
    });
  },
);

test(
  'after a sale, all pages and products of the category are right',
  judges('3.3'),
  async ({ draw, postgres, redis, shop }) => {
    const category = await newCategory(postgres, PRODUCTS);
    await readAll(shop, category);
    const before = await storedCategory(postgres, category);
    const neighbour = await newCategory(postgres, 2);
    const besides = await storedCategory(postgres, neighbour);
    for (const service of shop.services) {
      await Promise.all(before.map(({ id }) => read(service, id)));
    }
    const sale = { categoryId: category, percent: draw.pick([-90, 90]) };
    const { body } = (await draw.pick(shop.services).post('/v1/admin/prices', sale)).expect(200);
    expect(body, 'answer to the sale').toEqual({ changed: PRODUCTS });
    const now = await storedCategory(postgres, category);
    expect(await storedCategory(postgres, neighbour), 'products of another category').toEqual(
      besides,
    );
    const share = 1 + sale.percent / 100;
    await each('prices', before, (old) => {
      const { priceCents = 0, version } = now.find(({ id }) => id === old.id) ?? {};
      expect(
        Math.abs(priceCents - old.priceCents * share),
        `difference between the new price, ${priceCents}, and ${old.priceCents} changed by ${sale.percent} %`,
      ).toBeLessThanOrEqual(1);
      expect(version, `version of product ${old.id} after the sale`).toBe(old.version + 1);
    });
    await each('pages', placesOf(shop, PAGES), ({ service, page }) =>
      pageIsRight({ postgres, service, category, page }, () => {}),
    );
    const places = shop.services.flatMap((service) => now.map((product) => ({ service, product })));
    await each('products', places, async ({ service, product }) => {
      const { priceCents } = await read(service, product.id);
      await explain(
        () =>
          expect(priceCents, `price of product ${product.id} after the sale`).toBe(
            product.priceCents,
          ),
        async () => {
          const shown = await readEach(service, category);
          const onPage = shown.find(({ id }) => id === product.id);
          if (onPage?.priceCents !== product.priceCents) return;
          // With Redis empty, only the memory of a process could still be old.
          await redis.command('FLUSHDB');
          if ((await read(service, product.id)).priceCents !== product.priceCents) return;
          lesson('sale-forgets-products', {
            observed: `After a sale, the page of category ${category} shows product ${product.id} for ${onPage.priceCents}. GET /v1/products/${product.id} still answers ${priceCents}.`,
            meaning:
              'One statement changed many rows. The entries of the category were removed, and those of its products were not.',
            lookAt:
              'what each changed row is a part of, or what a product and its category could have in common.',
          });
        },
      );
    });
  },
);

test(
  'a GET of a page that is slower than a PUT leaves nothing old behind',
  judges('3.4'),
  async ({ draw, postgres, shop }) => {
    const [reader, other] = draw.shuffle(shop.instances);
    if (!reader || !other) return;
    await each('writers', draw.shuffle([reader, other]), async (writer) => {
      const category = await newCategory(postgres, PRODUCTS);
      const [product] = await storedCategory(postgres, category);
      if (!product) return;
      using held = gate(1, { opens: 'by hand' });
      reader.line.answers = held;
      const late = readPage(reader.service, category);
      await held.reached();
      const price = product.priceCents + draw.int(1, 400);
      (await put(writer.service, product, { priceCents: price })).expect(200);
      held.open();
      const [old] = await late;
      reader.line.answers = undefined;
      await settle(shop.services);
      for (const service of draw.shuffle(shop.services)) {
        await pageIsRight({ postgres, service, category, page: 1 }, async (shown) => {
          if (old?.priceCents === price || shown[0]?.priceCents !== old?.priceCents) return;
          if (!(await seesQuietWrites(shop, postgres))) return;
          lesson('late-fill', {
            observed: `A GET of a page read the price ${product.priceCents} and was slow. A PUT wrote ${price} and answered 200. Then the slow GET finished, and the next GET of the page showed ${product.priceCents}.`,
            meaning:
              'The slow reader stored what it had read, although that was no longer right. Removing an entry does not stop a fill that is already in progress.',
            lookAt:
              'what a reader could remember before it asks Postgres, so its fill is refused or ignored after a write.',
          });
        });
      }
    });
  },
);

test(
  'a change in one category leaves the pages of another cached on every instance',
  judges('3.5'),
  async ({ draw, postgres, shop }) => {
    const [changed, untouched] = [
      await newCategory(postgres, PRODUCTS),
      await newCategory(postgres, PRODUCTS),
    ];
    await readAll(shop, changed);
    const one = draw.pick(shop.services);
    for (const page of PAGES) await readPage(one, untouched, page);
    await settle(shop.services);
    const readUntouched = async (): Promise<number> => {
      const { calls } = await statementsOf(postgres, () =>
        Promise.all(
          placesOf(shop, PAGES).map(({ service, page }) => readPage(service, untouched, page)),
        ),
      );
      return calls;
    };
    const first = await readUntouched();
    await explain(
      () => expect(first, 'statements of pages that one instance has answered').toBe(0),
      () => eachForItself({ postgres, shop, calls: first }),
    );

    const product = draw.pick(await storedCategory(postgres, changed));
    if (!product) return;
    const change = { priceCents: product.priceCents + draw.int(1, 400) };
    (await put(draw.pick(shop.services), product, change)).expect(200);
    const calls = await readUntouched();
    await explain(
      () => expect(calls, 'statements of the pages of another category').toBe(0),
      async () => {
        if ((await readUntouched()) > 0) return;
        lesson('flush-everything', {
          observed: `The pages of category ${untouched} cost 0 statements. After a PUT in category ${changed}, they cost ${calls}.`,
          meaning:
            'The write removed entries that have nothing to do with it. With a change every second, nothing stays cached.',
          lookAt: 'the smallest thing that all pages of one category, and no others, depend on.',
        });
      },
    );
  },
);

test(
  'a page is one entry, whatever else is in its URL',
  judges('3.6'),
  async ({ draw, postgres, shop }) => {
    const category = await newCategory(postgres, PRODUCTS);
    const word = draw.word();
    const path = `/v1/categories/${category}/products`;
    const [one] = draw.shuffle(shop.services);
    if (!one) return;
    const { items } = (await one.get<Page>(`${path}?page=1`)).expect(200).body;
    await settle(shop.services);
    const queries = [
      '',
      '?page=1',
      `?page=1&utm_source=${word}`,
      `?utm_campaign=${word}&page=1`,
      `?${word}`,
    ];
    await each('URLs', queries, async (query) => {
      const { result, calls } = await statementsOf(postgres, () => one.get<Page>(path + query));
      expect(result.expect(200).body.items, `items of ${path}${query}`).toEqual(items);
      await explain(
        () => expect(calls, `statements of ${path}${query}`).toBe(0),
        async () => {
          const again = await statementsOf(postgres, () => one.get(path + query));
          if (again.calls > 0) return;
          lesson('key-by-url', {
            observed: `${path}?page=1 was cached. ${path}${query} is the same page and cost ${calls} statement.`,
            meaning:
              'The key is the URL as the client wrote it. Each mail campaign, and each attacker with a random parameter, makes entries of its own.',
            lookAt: 'which parameters the page depends on, and a key that has these and no others.',
          });
        },
      );
    });
  },
);

interface Place {
  readonly service: StartedService;
  readonly page: number;
}

function placesOf(shop: Shop, pages: readonly number[]): Place[] {
  return shop.services.flatMap((service) => pages.map((page) => ({ service, page })));
}

/** Twice, so that whatever an instance keeps is kept. */
async function readAll(shop: Shop, category: number): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    for (const { service, page } of placesOf(shop, PAGES)) await readPage(service, category, page);
  }
}

async function readEach(service: StartedService, category: number): Promise<Product[]> {
  const pages = await Promise.all(PAGES.map((page) => readPage(service, category, page)));
  return pages.flat();
}

interface Shown extends Place {
  readonly postgres: PostgresProbe;
  readonly category: number;
}

async function pageIsRight(
  { postgres, service, category, page }: Shown,
  diagnose: (shown: readonly Product[]) => void | Promise<void>,
): Promise<void> {
  const shown = await readPage(service, category, page);
  const all = await storedCategory(postgres, category);
  const right = all.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  await explain(
    () => expect(shown, `page ${page} of category ${category}`).toEqual(right),
    () => diagnose(shown),
  );
}

/** Whether a write that nothing disturbs is on the pages: only then is it the slow reader's fault. */
async function seesQuietWrites(shop: Shop, postgres: PostgresProbe): Promise<boolean> {
  const category = await newCategory(postgres, 1);
  const [product] = await storedCategory(postgres, category);
  if (!product) return false;
  for (const service of shop.services) await readPage(service, category);
  await put(shop.first.service, product, { priceCents: product.priceCents + 1 });
  for (const service of shop.services) {
    const [shown] = await readPage(service, category);
    if (shown?.priceCents !== product.priceCents + 1) return false;
  }
  return true;
}

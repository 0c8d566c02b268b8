import {
  type Answer,
  each,
  expect,
  explain,
  judges,
  lesson,
  type StartedService,
  test as base,
} from '@backend-labs/testkit';
import { newProduct, put } from './support/catalog.ts';
import { Shop } from './support/shop.ts';

const test = base
  .extend('shop', { scope: 'file' }, async ({ cleanup, definition, lease }) =>
    cleanup.use(await Shop.open({ definition, lease })),
  )
  .extend('product', ({ draw, postgres }) =>
    newProduct(postgres, { categoryId: draw.int(1, 6), priceCents: draw.int(500, 900) }),
  );

test(
  'a cache may store a product, and must ask before each use',
  judges('6.1'),
  async ({ product, shop }) => {
    // The first answer comes from Postgres, the others from the cache.
    const answers = [shop.first, shop.second, shop.first].map(({ service }) => service);
    await each('answers', answers, async (service) => {
      const answer = await service.get(`/v1/products/${product.id}`);
      const directives = directivesOf(answer.expect(200));
      await explain(
        () => {
          expect(directives, 'Cache-Control of a product').toContain('no-cache');
          expect(directives, 'Cache-Control of a product').not.toContain('no-store');
          expect(directives, 'Cache-Control of a product').not.toContain('private');
          expect(answer.headers.etag, 'ETag of a product').toBeDefined();
        },
        () => {
          const fresh = directives.find((name) => /^(?:s-maxage|max-age)=[1-9]/u.test(name));
          if (fresh === undefined || directives.includes('no-cache')) return;
          lesson('fresh-without-asking', {
            observed: `The answer with a product has Cache-Control: ${directives.join(', ')}.`,
            meaning: `With ${fresh}, a cache uses the answer for that many seconds without asking us. None of our writes reaches it in that time.`,
            lookAt:
              'the directive that lets a cache store an answer and makes it ask before each use.',
          });
        },
      );
    });
  },
);

test(
  'a known ETag costs no body until the product changes',
  judges('6.2'),
  async ({ product, shop }) => {
    const path = `/v1/products/${product.id}`;
    const { etag = '' } = (await shop.first.service.get(path)).expect(200).headers;
    const conditions = [etag, `"other", ${etag}`, `W/${etag.replace(/^W\//u, '')}`];
    const asked = shop.services.flatMap((service) =>
      conditions.map((condition) => ({ service, condition })),
    );
    await each('questions', asked, async ({ service, condition }) => {
      const headers = { 'if-none-match': condition };
      const answer = await service.get(path, { headers });
      await explain(
        () => {
          expect(answer.status, `status with If-None-Match: ${condition}`).toBe(304);
          expect(answer.text, 'body of a 304').toBe('');
        },
        () => ofOneInstance({ shop, service, path, etag, answer }),
      );
    });
    const priceCents = product.priceCents + 1;
    (await put(shop.second.service, product, { priceCents })).expect(200);
    for (const service of shop.services) {
      const answer = await service.get(path, { headers: { 'if-none-match': etag } });
      expect(answer.status, 'status with the ETag from before the change').toBe(200);
      expect(answer.body, 'answer with the ETag from before the change').toMatchObject({
        product: { id: product.id, priceCents },
      });
    }
  },
);

test(
  'a category page may be used for 10 s and 30 s more',
  judges('6.3'),
  async ({ draw, shop }) => {
    const path = `/v1/categories/${draw.int(1, 6)}/products`;
    const answers = [shop.first, shop.second, shop.first].map(({ service }) => service);
    await each('answers', answers, async (service) => {
      const directives = directivesOf((await service.get(path)).expect(200));
      await explain(
        () => {
          for (const directive of ['public', 'max-age=10', 'stale-while-revalidate=30']) {
            expect(directives, 'Cache-Control of a page').toContain(directive);
          }
          for (const contrary of ['no-cache', 'no-store', 'private']) {
            expect(directives, 'Cache-Control of a page').not.toContain(contrary);
          }
        },
        async () => {
          const product = directivesOf((await service.get('/v1/products/1')).expect(200)).join(
            ', ',
          );
          if (product === '' || product !== directives.join(', ')) return;
          lesson('one-rule-for-all', {
            observed: `A page and a product have the same Cache-Control: ${product}.`,
            meaning:
              'The two answers may be stale for different times. A rule that fits a product sends every request for a page to us, or the other way round.',
            lookAt: 'where the header is set, and what that place knows about the answer.',
          });
        },
      );
    });
  },
);

test('no cache may store an error', judges('6.4'), async ({ draw, shop }) => {
  const { service, database } = shop.first;
  const known = { name: 'Lamp', priceCents: 1_500, categoryId: 1 };
  const product = '/v1/admin/products/1';
  const prices = '/v1/admin/prices';
  const bad: readonly Bad[] = [
    { path: '/v1/nothing' },
    { path: `/v1/products/${draw.int(900_000, 999_999)}` },
    { path: '/v1/products/2147483647' },
    ...['x', '0', '7x', 'x7', '2147483648', '12345678901', '1e1', '0x7'].map((id) => ({
      path: `/v1/products/${id}`,
      names: 'id',
    })),
    { path: '/v1/categories/0/products', names: 'id' },
    { path: '/v1/categories/1/products?page=0', names: 'page' },
    { path: '/v1/categories/1/products?page=1&page=2', names: 'page' },
    { path: '/v1/me/basket', names: 'Customer-Id' },
    { method: 'PUT', path: `/v1/admin/products/${draw.int(900_000, 999_999)}`, body: known },
    { method: 'PUT', path: '/v1/admin/products/x', body: known, names: 'id' },
    { method: 'PUT', path: product, body: {}, names: '' },
    ...['', 7].map((name) => bodyOf('PUT', product, { ...known, name }, 'name')),
    ...[0, 1.5, '1500', 2_147_483_648].map((priceCents) =>
      bodyOf('PUT', product, { ...known, priceCents }, 'priceCents'),
    ),
    bodyOf('PUT', product, { ...known, categoryId: 0 }, 'categoryId'),
    ...[91, -91, 1.5, '10'].map((percent) =>
      bodyOf('POST', prices, { categoryId: 6, percent }, 'percent'),
    ),
    bodyOf('POST', prices, { categoryId: 0, percent: 10 }, 'categoryId'),
  ];
  await each('errors', draw.shuffle(bad), async ({ method = 'GET', path, body, names }) => {
    const answer = await service.request<{ error?: unknown }>(method, path, { body });
    noStore(answer, names === undefined ? [404] : [400]);
    expect(answer.body.error, `error of ${answer.request}`).toContain(names ?? '');
  });
  database.refuse();
  database.cut();
  const broken = await service.get('/v1/me/basket', { headers: { 'X-Customer-Id': '7' } });
  await database.resume();
  noStore(broken, [500, 503]);
});

interface Bad {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly body?: object;
  /** The field that the error names; left out where nothing is found. */
  readonly names?: string;
}

function bodyOf(method: 'PUT' | 'POST', path: string, body: object, names: string): Bad {
  return { method, path, body, names };
}

interface Asked {
  readonly shop: Shop;
  readonly service: StartedService;
  readonly path: string;
  /** From the first instance. */
  readonly etag: string;
  readonly answer: Answer;
}

/** Does each instance have an ETag of its own for the same answer? */
async function ofOneInstance({ shop, service, path, etag, answer }: Asked): Promise<void> {
  const { first } = shop;
  if (service === first.service || answer.status !== 200) return;
  const again = await first.service.get(path, { headers: { 'if-none-match': etag } });
  const { text, headers } = await first.service.get(path);
  if (again.status !== 304 || headers.etag !== etag || text !== answer.text) return;
  lesson('etag-of-one-instance', {
    observed: `The first instance has the ETag ${etag} for ${path}, and the second has ${answer.headers.etag ?? 'none'} for the same bytes. It answered 200 to the ETag of the first.`,
    meaning:
      'The ETag depends on more than the answer. A cache that asks another instance than before gets the whole answer again.',
    lookAt: 'what the ETag is made of, and what of it is the same in every process.',
  });
}

function noStore(answer: Answer, statuses: readonly number[]): void {
  expect(statuses, `status of ${answer.request}`).toContain(answer.status);
  expect(directivesOf(answer), `Cache-Control of ${answer.request}, ${answer.status}`).toContain(
    'no-store',
  );
}

function directivesOf({ headers }: Answer): string[] {
  return (headers['cache-control'] ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim());
}

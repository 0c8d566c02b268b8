import {
  arrival,
  each,
  expect,
  explain,
  gate,
  judges,
  lesson,
  NeverHappened,
  test as base,
} from '@backend-labs/testkit';
import { newCategory, newProduct, put, read } from './support/catalog.ts';
import { settle } from './support/settle.ts';
import { Shop } from './support/shop.ts';
import { statementsOf } from './support/statements.ts';

const REQUESTS = 200;
const ANSWER_MS = 5_000;

const test = base
  .extend('shop', { scope: 'file' }, async ({ cleanup, definition, lease }) =>
    cleanup.use(await Shop.open({ definition, lease })),
  )
  .extend('product', ({ draw, postgres }) =>
    newProduct(postgres, { categoryId: draw.int(1, 6), priceCents: draw.int(500, 900) }),
  );

test(
  '200 GETs of one entry cost one statement an instance',
  judges('4.1'),
  async ({ postgres, product, shop }) => {
    const category = await newCategory(postgres, 5);
    const paths = [`/v1/products/${product.id}`, `/v1/categories/${category}/products`];
    await each('paths', paths, async (path) => {
      using held = gate(Infinity, { opens: 'by hand' });
      for (const { line } of shop.instances) line.answers = held;
      const { result: answers, calls } = await statementsOf(postgres, async () => {
        const requests = Array.from({ length: REQUESTS }, (_, index) =>
          (index % 2 === 0 ? shop.first : shop.second).service.get(path),
        );
        await held.reached(1);
        await settle(shop.services);
        held.open();
        return Promise.all(requests);
      });
      for (const { line } of shop.instances) line.answers = undefined;
      for (const answer of answers) answer.expect(200);
      await explain(
        () => {
          expect(
            calls,
            `statements of ${REQUESTS} GETs of ${path} at two instances`,
          ).toBeLessThanOrEqual(2);
        },
        () => {
          if (calls < REQUESTS / 4) return;
          lesson('everybody-loads', {
            observed: `${REQUESTS} GETs of ${path}, which nobody had cached, sent ${calls} statements to Postgres.`,
            meaning:
              'Each request found nothing in the cache and asked Postgres, because no answer was there yet. The busier an entry, the more requests miss it together.',
            lookAt:
              'how many requests of one instance need to load an entry, and what the others can wait for.',
          });
        },
      );
    });
  },
);

test(
  'GETs at one instance are answered after another was killed while it read',
  judges('4.2'),
  async ({ definition, lease, product }) => {
    await using shop = await Shop.open({ definition, lease });
    using held = gate(1, { opens: 'by hand' });
    shop.first.line.answers = held;
    const lost = read(shop.first.service, product.id).catch(() => {});
    await held.reached();
    const early = Array.from({ length: 5 }, () => read(shop.second.service, product.id));
    await settle([shop.second.service]);
    await shop.first.service.kill();
    await lost;
    const late = Array.from({ length: 5 }, () => read(shop.second.service, product.id));
    const all = Promise.all([...early, ...late]);
    all.catch(() => {});
    try {
      await arrival('10 GETs at the other instance', all, { within: ANSWER_MS });
    } catch (error) {
      if (!(error instanceof NeverHappened)) throw error;
      const other = await stillAnswers(shop);
      if (!other) throw error;
      lesson('lock-without-an-end', {
        observed: `An instance was killed while it read product ${product.id}. ${ANSWER_MS} ms later, GETs of that product at the other instance had no answer. Another product was answered.`,
        meaning:
          'The dead instance is still the one that loads. A lock that only its owner releases is held forever when the owner dies.',
        lookAt:
          'how a lock ends when its owner does not, or whether the instances need a common one at all.',
      });
    }
  },
);

test(
  'after a read that failed, the next GET reads again',
  judges('4.3'),
  async ({ postgres, product, shop }) => {
    const { service, line, database } = shop.first;
    using held = gate(1, { opens: 'by hand' });
    line.answers = held;
    const waiting = Array.from({ length: 5 }, () => service.get(`/v1/products/${product.id}`));
    await held.reached();
    await settle([service]);
    database.cut();
    held.open();
    line.answers = undefined;
    const broken = await Promise.all(waiting);
    const { result: next, calls } = await statementsOf(postgres, () =>
      service.get(`/v1/products/${product.id}`),
    );
    await explain(
      () => expect(next.status, 'status of the next GET').toBe(200),
      () => {
        if (calls > 0 || !broken.some(({ status }) => status >= 500)) return;
        lesson('errors-kept', {
          observed: `A read of product ${product.id} failed, because its connection broke. The next GET answered ${next.status} and sent no statement.`,
          meaning:
            'The requests share the promise of one load. That promise is rejected, and it is still there for the next request.',
          lookAt: 'when the shared load is forgotten, and what happens to it if it fails.',
        });
      },
    );
  },
);

test(
  'a GET after a PUT does not join an older load',
  judges('4.4'),
  async ({ draw, postgres, product, shop }) => {
    const [reader, other] = draw.shuffle(shop.instances);
    if (!reader || !other) return;
    await each('writers', draw.shuffle([reader, other]), async (writer) => {
      const { id, priceCents, categoryId } = await newProduct(postgres, product);
      using held = gate(1, { opens: 'by hand' });
      reader.line.answers = held;
      const old = read(reader.service, id);
      await held.reached();
      const price = priceCents + draw.int(1, 400);
      (await put(writer.service, { ...product, id, categoryId }, { priceCents: price })).expect(
        200,
      );
      const started = read(reader.service, id);
      await settle([reader.service]);
      held.open();
      reader.line.answers = undefined;
      const [before, after] = await Promise.all([old, started]);
      await explain(
        () => expect(after.priceCents, 'price in a GET that started after the PUT').toBe(price),
        async () => {
          await settle([reader.service]);
          if (after.priceCents !== before.priceCents) return;
          if ((await read(reader.service, id)).priceCents !== price) return;
          lesson('joins-an-older-load', {
            observed: `A read of the price ${priceCents} was in progress. A PUT wrote ${price} and answered 200. A GET that started after that answered ${after.priceCents}, and the one after it ${price}.`,
            meaning:
              'The GET waited for the load that was in progress, and got what that load had read before the write. The cache was right.',
            lookAt: 'what identifies a load that a request may share: the product alone, or more?',
          });
        },
      );
    });
  },
);

/** Whether the surviving instance answers at all. */
async function stillAnswers({ second }: Shop): Promise<boolean> {
  return (await second.service.get('/v1/products/1', { within: ANSWER_MS })).status === 200;
}

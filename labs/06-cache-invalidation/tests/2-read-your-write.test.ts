import { setTimeout as sleep } from 'node:timers/promises';
import { each, expect, explain, gate, judges, lesson, test as base } from '@backend-labs/testkit';
import { newProduct, put, read } from './support/catalog.ts';
import { beforeCommit } from './support/database-line.ts';
import { eachForItself } from './support/diagnose-sharing.ts';
import {
  fromBeforeTheMessage,
  fromTheProcess,
  lateFill,
  seenBeforeCommit,
} from './support/diagnose-product.ts';
import { settle } from './support/settle.ts';
import { Shop } from './support/shop.ts';
import { statementsOf } from './support/statements.ts';

/** The largest price that the ticket allows. */
const LARGEST = 2_147_483_647;
/** For something that a right service may let wait. It decides nothing. */
const BLOCKED_MS = 3_000;
/** Longer than whatever a service still does about a write that it has answered. */
const LATER_MS = 1_200;

const test = base.extend('shop', { scope: 'file' }, async ({ cleanup, definition, lease }) =>
  cleanup.use(await Shop.open({ definition, lease })),
);

test(
  'a GET after a PUT has what the PUT wrote, on every instance',
  judges('2.1'),
  async ({ draw, postgres, redis, shop }) => {
    const prices = [LARGEST, ...Array.from({ length: 24 }, () => draw.int(500, 5_000))];
    await each('products', prices, async (price) => {
      const priceCents = price - draw.int(1, 400);
      const product = await newProduct(postgres, { categoryId: draw.int(1, 6), priceCents });
      for (const service of draw.shuffle(shop.services)) await read(service, product.id);
      const writer = draw.pick(shop.services);
      const change = { name: `Product at ${price}`, priceCents: price, categoryId: draw.int(1, 6) };
      const { body } = (await put(writer, product, change)).expect(200);
      expect(body.product, 'answer to the PUT').toMatchObject(change);

      for (const service of draw.shuffle(shop.services)) {
        const seen = await read(service, product.id);
        await explain(
          () =>
            expect(seen, `product at the ${shop.nameOf(service)}`).toMatchObject({
              id: product.id,
              ...change,
            }),
          () => fromTheProcess({ postgres, redis, service, seen, price }),
        );
      }
    });
  },
);

test(
  'a late message between the instances does not make a GET old',
  judges('2.1'),
  async ({ definition, draw, lease, postgres, redis }) => {
    await using shop = await Shop.open({ definition, lease });
    const { first, second } = shop;
    const priceCents = draw.int(500, 5_000);
    const product = await newProduct(postgres, { categoryId: draw.int(1, 6), priceCents });
    for (const service of [...shop.services, ...shop.services]) await read(service, product.id);
    const price = priceCents + draw.int(1, 400);

    // From here on, everything that Redis sends to the second instance is late.
    second.redis.stall('toClient');
    const write = put(first.service, product, { priceCents: price });
    // A writer may wait until the other instances have heard of the write.
    await Promise.race([write, sleep(BLOCKED_MS)]);
    const reading = write.then(() => read(second.service, product.id));
    await settle(shop.services);
    await second.redis.resume();

    (await write).expect(200);
    const seen = await reading;
    await explain(
      () => expect(seen.priceCents, 'price at the second instance').toBe(price),
      () => fromBeforeTheMessage({ postgres, redis, service: second.service, seen, price }),
    );
  },
);

test(
  'readers during a PUT leave nothing old behind',
  judges('2.2'),
  async ({ draw, postgres, redis, shop }) => {
    await each('writers', draw.shuffle(shop.instances), async (writer) => {
      const priceCents = draw.int(500, 5_000);
      const product = await newProduct(postgres, { categoryId: draw.int(1, 6), priceCents });
      for (const service of shop.services) await read(service, product.id);
      const price = priceCents + draw.int(1, 400);

      const steps: string[] = [];
      let reading = false;
      writer.line.onStatement = async (sql) => {
        if (reading) return;
        reading = true;
        steps.push(sql.trim().split(/\s/u, 1)[0]?.toUpperCase() ?? '');
        const reads = Promise.allSettled(shop.services.map((one) => read(one, product.id)));
        await Promise.race([reads, sleep(BLOCKED_MS)]);
        reading = false;
      };
      try {
        (await put(writer.service, product, { priceCents: price })).expect(200);
      } finally {
        writer.line.onStatement = undefined;
      }
      for (const service of draw.shuffle(shop.services)) {
        const seen = await read(service, product.id);
        await explain(
          () => expect(seen.priceCents, `price at the ${shop.nameOf(service)}`).toBe(price),
          () => seenBeforeCommit({ postgres, redis, service, seen, price, steps, shop }),
        );
      }
    });
  },
);

test(
  'a GET that is slower than a PUT leaves nothing old behind',
  judges('2.3'),
  async ({ draw, postgres, redis, shop }) => {
    const [reader, other] = draw.shuffle(shop.instances);
    if (!reader || !other) return;
    const cases = [reader, other].flatMap((writer) =>
      [false, true].map((readBetween) => ({ writer, readBetween })),
    );
    await each('sequences', draw.shuffle(cases), async ({ writer, readBetween }) => {
      const priceCents = draw.int(500, 5_000);
      const product = await newProduct(postgres, { categoryId: draw.int(1, 6), priceCents });
      const price = priceCents + draw.int(1, 400);

      using held = gate(1, { opens: 'by hand' });
      reader.line.answers = held;
      const late = read(reader.service, product.id);
      await held.reached();
      (await put(writer.service, product, { priceCents: price })).expect(200);
      if (readBetween) {
        expect((await read(other.service, product.id)).priceCents, 'price after the PUT').toBe(
          price,
        );
      }
      held.open();
      const { priceCents: seenLate } = await late;
      reader.line.answers = undefined;

      for (const round of [1, 2]) {
        // A fill need not be done when its request is answered.
        if (round === 2) await settle(shop.services);
        for (const service of draw.shuffle(shop.services)) {
          const seen = await read(service, product.id);
          await explain(
            () => expect(seen.priceCents, `price at the ${shop.nameOf(service)}`).toBe(price),
            () => lateFill({ postgres, redis, service, seen, price, seenLate }),
          );
        }
      }
    });
  },
);

test(
  'a product that one instance has read costs no statement on any',
  judges('2.4'),
  async ({ draw, postgres, shop }) => {
    const [one, two] = draw.shuffle(shop.services);
    if (!one || !two) return;
    const product = await newProduct(postgres, {
      categoryId: draw.int(1, 6),
      priceCents: draw.int(500, 5_000),
    });
    const readAgain = async (when: string, laterMs = 0): Promise<void> => {
      await read(one, product.id);
      await settle(shop.services);
      await sleep(laterMs);
      const { calls } = await statementsOf(postgres, async () => {
        for (const service of [two, one, two, one]) await read(service, product.id);
      });
      await explain(
        () => expect(calls, `statements of 4 further GETs ${when}`).toBe(0),
        () => eachForItself({ postgres, shop, calls }),
      );
    };
    await readAgain('of a product that was read once');
    (await put(two, product, { priceCents: product.priceCents + 100 })).expect(200);
    await readAgain('of a product that was read once after its change', LATER_MS);
  },
);

test(
  'a PUT that does not commit changes no answer',
  judges('2.5'),
  async ({ draw, postgres, shop }) => {
    await each('writers', draw.shuffle(shop.instances), async (writer) => {
      const priceCents = draw.int(500, 5_000);
      const product = await newProduct(postgres, { categoryId: draw.int(1, 6), priceCents });
      for (const service of shop.services) await read(service, product.id);
      const price = priceCents + draw.int(1, 400);
      writer.line.onStatement = beforeCommit(() => 'cut');
      const { status } = await put(writer.service, product, { priceCents: price });
      writer.line.onStatement = undefined;
      for (const service of draw.shuffle(shop.services)) {
        const seen = await read(service, product.id);
        await explain(
          () => expect(seen.priceCents, `price at the ${shop.nameOf(service)}`).toBe(priceCents),
          () => {
            if (seen.priceCents !== price) return;
            lesson('stored-before-commit', {
              observed: `A PUT of the price ${price} did not commit, because its connection broke, and answered ${status}. The database has ${priceCents}. GET answers ${price}.`,
              meaning:
                'The new value was stored in the cache while the transaction could still fail. Redis does not roll back with Postgres.',
              lookAt: 'what the cache may contain before COMMIT has succeeded.',
            });
          },
        );
      }
      expect(status, 'status of a PUT whose connection broke before its COMMIT').not.toBe(200);
    });
  },
);

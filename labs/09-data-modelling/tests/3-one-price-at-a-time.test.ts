import { each, explain, expect, judges, lesson } from '@backend-labs/testkit';
import { type Invoice, newProduct, patchProduct, someCustomer } from './support/api.ts';
import { idsOf, overlaps, type Price, prices } from './support/contract.ts';
import { test } from './support/in-turns.ts';
import {
  after,
  endOf,
  before,
  CLASHES,
  insert,
  month,
  OUTCOME,
  priceAt,
  type Period,
  write,
} from './support/prices.ts';
import {
  isRefused,
  transaction,
  twoTransactions,
  viewTakesNone,
  type Write,
} from './support/transactions.ts';

const VIEW = 'contract.prices';

test('each product has its price of today', judges('3.1'), async ({ postgres }) => {
  const rows = await postgres.query<{ id: number; text: string }>(
    `SELECT product_id::float8 AS id,
            cents || ' from ' || to_char(valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' to ' || coalesce(valid_to::text, 'no end') AS text
       FROM contract.prices WHERE product_id <= 240 ORDER BY 1, 2`,
  );
  const expected = Array.from({ length: 240 }, (_, index) => index + 1).map((p) => {
    const cents = 150 + ((p * 7919) % 4000) + 111 + (p % 60 === 0 ? 123_450 : 0);
    return { id: p, text: `${cents} from 2020-01-01 00:00:00 to no end` };
  });
  await explain(
    () => expect(rows, 'prices of the products of today').toEqual(expected),
    () => {
      const right = new Set(rows.map(({ id }) => id)).size;
      const late = rows.filter(({ text }) => !text.includes('from 2020')).length;
      if (late === 0) return;
      lesson('priced-from-today', {
        observed: `${right} of 240 products have a price, and for ${late} of them it does not begin in 2020.`,
        meaning:
          'A price that begins when the migration runs leaves the time before it without one. Tills that were offline have orders of that time.',
        lookAt: 'from when on the migrated prices are valid.',
      });
    },
  );
});

test(
  'a price whose period overlaps with another is refused',
  judges('3.2'),
  async ({ draw, postgres, service }) => {
    const cases = CLASHES.flatMap((clash) => [
      [...clash, false] as const,
      [...clash, true] as const,
    ]);
    await each('pairs of periods', cases, async ([what, first, second, atOnce]) => {
      const { id } = await newProduct(service, draw);
      const one = insert(id, 100, endOf(first[0]), endOf(first[1]));
      const two = insert(id, 200, endOf(second[0]), endOf(second[1]));
      const outcomes = atOnce
        ? await twoTransactions(postgres, one, two)
        : [await transaction(postgres, one), await transaction(postgres, two)];
      const clashing = await overlaps(postgres, id);
      const how = `${what}, ${atOnce ? 'in two transactions at once' : 'one after the other'}`;
      await explain(
        () => {
          expect(outcomes.map(OUTCOME), how).toEqual(['written', 'refused']);
          expect(clashing, `overlaps after ${how}`).toBe(0);
        },
        () => {
          viewTakesNone(VIEW, ...outcomes);
          if (clashing === 0) return;
          if (atOnce) {
            lesson('looks-before-it-writes', {
              observed: `Two transactions each wrote a price for one product (${what}). The second looked while the first was open, and both prices are there.`,
              meaning:
                'A transaction does not see what another one has not committed, so both checks find the period free. A trigger that looks is a check like any other.',
              lookAt:
                'what makes the second writer wait for the first. Postgres has a constraint for ranges.',
            });
          }
          lesson('periods-overlap', {
            observed: `A product has two prices at once: ${what}, written one after the other.`,
            meaning:
              'The rule compares something less than the two periods: where they begin, or only those that have an end.',
            lookAt:
              'which pairs of periods the rule takes for an overlap, those without end among them.',
          });
        },
      );
    });
  },
);

test('an impossible price is refused', judges('3.3'), async ({ draw, postgres, service }) => {
  const { id } = await newProduct(service, draw);
  const impossible: readonly (readonly [string, Write])[] = [
    ['a period that ends before it begins', insert(id, 100, month(5), month(3))],
    ['a period that ends when it begins', insert(id, 100, month(5), month(5))],
    ['no cents', insert(id, null, month(5), month(6))],
    ['cents below 0', insert(id, -1, month(5), month(6))],
    ['no valid_from', insert(id, 100, null, month(6))],
    ['no valid_from and no valid_to', insert(id, 100, null, null)],
    ['a product that does not exist', insert(999_999, 100, month(5), month(6))],
    ['no product', insert(null, 100, month(5), month(6))],
  ];
  await each('prices', impossible, async ([what, one]) => {
    const outcome = await transaction(postgres, one);
    await explain(
      () => expect(OUTCOME(outcome), `a price with ${what}`).toBe('refused'),
      () => {
        viewTakesNone(VIEW, outcome);
        if (outcome !== 'written') return;
        lesson('impossible-price', {
          observed: `Pricing wrote a price with ${what}, and the database took it.`,
          meaning:
            'An empty range overlaps with nothing, and a null passes every CHECK. A rule for overlaps says nothing about a period without an instant.',
          lookAt: 'NOT NULL, CHECK and the keys of the columns, beside the rule for overlaps.',
        });
      },
    );
  });
});

test('every other price is accepted', judges('3.4'), async ({ draw, postgres, service }) => {
  const { id } = await newProduct(service, draw);
  const other = await newProduct(service, draw);
  const legal: readonly (readonly [string, number, number, Period])[] = [
    ['a first price', id, 100, [5, 7]],
    ['one that begins when it ends', id, 200, [7, 8]],
    ['one that ends when it begins', id, 300, [4, 5]],
    ['one after a gap, of 0 cents', id, 0, [9, 10]],
    ['one before all', id, 400, [1, 2]],
    ['one without end', id, 1_000_000_000, [10, null]],
    ['one in the gap', id, 500, [8, 9]],
    ['the same period and price for another product', other.id, 100, [5, 7]],
  ];
  await each('prices', legal, async ([what, product, cents, [from, to]]) => {
    const outcome = await transaction(postgres, insert(product, cents, endOf(from), endOf(to)));
    await explain(
      () => expect(outcome, what).toBe('written'),
      () => {
        viewTakesNone(VIEW, outcome);
        if (!isRefused(outcome)) return;
        lesson('legal-price-refused', {
          observed: `Pricing wrote ${what}, which no rule forbids, and it was ${outcome}.`,
          meaning:
            'The rule is wider than "no two at once". A period includes its beginning and not its end, and in which order prices are written says nothing about them.',
          lookAt: 'what exactly the rule compares, and which ends belong to a period.',
        });
      },
    );
  });
  const expected = legal
    .filter(([, product]) => product === id)
    .map(([, , cents, [from, to]]): Price => ({ cents, from: month(from), to: endOf(to) }))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  expect(await prices(postgres, id), 'contract.prices of the product').toEqual(expected);
});

test(
  'the price at an instant is the one that is valid then',
  judges('3.5'),
  async ({ draw, postgres, service }) => {
    const { id } = await newProduct(service, draw);
    const other = await newProduct(service, draw);
    await write(
      postgres,
      insert(id, 100, month(2), month(5)),
      insert(id, 200, month(5), month(8)),
      insert(id, 300, month(9), null),
      insert(other.id, 999, month(1), null),
    );
    const instants: readonly (readonly [string, string, number | undefined])[] = [
      ['just before the first price', before(month(2)), undefined],
      ['when the first price begins', month(2), 100],
      ['just before the second price', before(month(5)), 100],
      ['when the second price begins', month(5), 200],
      ['just after that', after(month(5)), 200],
      ['just before it ends', before(month(8)), 200],
      ['when it ends, with no price after it', month(8), undefined],
      ['when the last price begins', month(9), 300],
      ['long after', '2099-01-01T00:00:00Z', 300],
    ];
    await each('instants', instants, async ([what, instant, cents]) => {
      const answer = await priceAt(service, id, instant);
      const got = answer.status === 200 ? answer.body.cents : answer.status;
      await explain(
        () => expect(got, `the price ${what}`).toBe(cents ?? 404),
        () => {
          if (answer.status !== 200 || cents === answer.body.cents) return;
          lesson('wrong-end-of-the-period', {
            observed: `At ${instant}, ${what}, the answer was ${answer.body.cents} cents. ${cents === undefined ? 'No price is valid then' : `The price then is ${cents} cents`}.`,
            meaning:
              'At the instant at which one price ends and another begins, only one of them is valid: the one that begins. A price that has ended is not valid any more.',
            lookAt: 'how the query compares an instant with both ends of a period.',
          });
        },
      );
    });
  },
);

test(
  'a new price ends the one before it and leaves the next',
  judges('3.6'),
  async ({ draw, postgres, service }) => {
    const { id } = await newProduct(service, draw);
    await write(
      postgres,
      insert(id, 100, month(2), month(5)),
      // Ends before the next one begins.
      insert(id, 200, month(5), '2080-01-01T00:00:00Z'),
      insert(id, 300, '2090-01-01T00:00:00Z', null),
    );
    const early = Date.now();
    const created = await newProduct(service, draw, 700);
    const [begun] = await prices(postgres, created.id);
    const since = Date.now();
    for (const product of [id, created.id])
      await patchProduct(service, product, { priceCents: 250 });
    const until = Date.now();
    const [scheduled, open] = [await prices(postgres, id), await prices(postgres, created.id)];
    const moment = scheduled.find(({ cents }) => cents === 250)?.from ?? 'never';
    const later = open.find(({ cents }) => cents === 250)?.from ?? 'never';
    await explain(
      () => {
        expect(scheduled, 'prices after another price from now on, with one scheduled').toEqual([
          { cents: 100, from: month(2), to: month(5) },
          { cents: 200, from: month(5), to: moment },
          { cents: 250, from: moment, to: '2090-01-01T00:00:00.000Z' },
          { cents: 300, from: '2090-01-01T00:00:00.000Z', to: null },
        ]);
        expect(open, 'prices of a new product after another price from now on').toEqual([
          { cents: 700, from: begun?.from, to: later },
          { cents: 250, from: later, to: null },
        ]);
        // Another clock may be a second off.
        const first = Date.parse(begun?.from ?? 'never');
        expect(first, 'when the price of a new product began').toBeGreaterThan(early - 1_000);
        for (const instant of [moment, later].map((text) => Date.parse(text))) {
          expect(instant, 'when the price began').toBeGreaterThanOrEqual(since - 1_000);
          expect(instant, 'when the price began').toBeLessThanOrEqual(until + 1_000);
        }
      },
      () => {
        if (!scheduled.some(({ cents }) => cents === 200)) {
          lesson('past-price-overwritten', {
            observed: `A product cost 200 cents since ${month(5)}, and 250 from today on. In contract.prices nothing says 200 any more.`,
            meaning:
              'A change of a price is a new fact beside the old one. A row that is overwritten says that it has always cost 250.',
            lookAt: 'what becomes of the row that was valid until now.',
          });
        }
        if (
          scheduled.some(({ cents }) => cents === 300) &&
          scheduled.some(({ cents, to }) => cents === 250 && to !== null)
        )
          return;
        lesson('schedule-lost', {
          observed: `A price of 300 cents was scheduled for 2090 when the price became 250. Now contract.prices has ${scheduled.map(({ cents, from, to }) => `${cents} from ${from} to ${to ?? 'no end'}`).join('; ')}.`,
          meaning:
            'The price of now holds until the next one begins. The team that scheduled the next one has not taken it back.',
          lookAt: 'where the new period ends if the product has a later one.',
        });
      },
    );
    const now = await service.get<{ product: { priceCents: number } }>(`/v1/products/${id}`);
    expect(now.expect(200).body.product.priceCents, 'price of the product now').toBe(250);
  },
);

test(
  'two changes of a price at the same time leave one price',
  judges('3.7'),
  async ({ draw, inTurns, postgres, service }) => {
    await each('products', ['with a price', 'without a price'] as const, async (kind) => {
      const { id } = await newProduct(service, draw, kind === 'with a price' ? 100 : undefined);
      const path = `/v1/products/${id}`;
      const answers = await inTurns(
        (one) => one.patch(path, { priceCents: 210 }),
        (two) => two.patch(path, { priceCents: 220 }),
      );
      const statuses = answers.map(({ status }) => status);
      const clashing = await overlaps(postgres, id);
      await explain(
        () => {
          const fine =
            statuses.every((status) => status === 200 || status === 409) && statuses.includes(200);
          expect(
            fine,
            `two changes of the price of a product ${kind} got ${statuses.join(' and ')}: 200 or 409, and one 200`,
          ).toBe(true);
          expect(clashing, `overlapping prices of a product ${kind} after two changes`).toBe(0);
        },
        () => {
          if (statuses.includes(500)) {
            lesson('refusal-as-500', {
              observed: `Two instances changed the price of a product ${kind} at the same time, and one of the clients got 500.`,
              meaning:
                'Another client was faster: that is a conflict, and the answer for it is 409.',
              lookAt:
                'what the handler does with an error of the database whose code begins with 23.',
            });
          }
        },
      );
      const granted = statuses.flatMap((status, index) =>
        status === 200 ? [[210, 220][index]] : [],
      );
      const now = await service.get<{ cents: number }>(`${path}/price`);
      expect(granted, 'prices whose change got 200').toContain(now.expect(200).body.cents);
    });
  },
);

test(
  'an order takes the prices of its instant',
  judges('3.8'),
  async ({ draw, postgres, service }) => {
    const { id } = await newProduct(service, draw);
    const always = await newProduct(service, draw);
    await write(
      postgres,
      insert(id, 100, month(2), month(5)),
      insert(id, 200, month(5), month(8)),
      insert(always.id, 50, month(1), null),
    );
    const customerId = someCustomer(draw);
    const lines = [always.id, id].map((productId) => ({ productId, quantity: 3 }));
    await each(
      'orders',
      [
        [before(month(5)), 100],
        [month(5), 200],
        [before(month(8)), 200],
      ] as const,
      async ([placedAt, cents]) => {
        const request = { customerId, placedAt, lines };
        const answer = await service.post<{ invoice: Invoice }>('/v1/orders', request);
        const issued = answer.status === 201 ? answer.body.invoice : undefined;
        await explain(
          () => {
            expect(answer.status, `an order of ${placedAt}`).toBe(201);
            expect(
              issued?.lines.map(({ unitCents }) => unitCents),
              `prices of an order of ${placedAt}`,
            ).toEqual([50, cents]);
            expect(issued?.totalCents, `total of an order of ${placedAt}`).toBe(150 + 3 * cents);
            expect(issued?.issuedAt, 'issuedAt').toBe(placedAt);
          },
          () => {
            if (!issued && answer.status !== 409) return;
            const got = issued
              ? `its invoice says ${issued.lines[1]?.unitCents}`
              : `the answer is ${answer.status}`;
            lesson('price-of-another-time', {
              observed: `An order of ${placedAt} came in today. The price then was ${cents} cents, and ${got}.`,
              meaning:
                'A till that was offline sold at the price of that hour, and the customer has paid it. When the order arrives does not matter.',
              lookAt: 'the instant at which the order looks up its prices.',
            });
          },
        );
      },
    );
    const known = await idsOf(postgres, customerId);
    await each(
      'instants without a price',
      [undefined, month(8), before(month(2))],
      async (placedAt) => {
        const request = { customerId, lines, ...(placedAt !== undefined && { placedAt }) };
        const answer = await service.post('/v1/orders', request);
        const left = (await idsOf(postgres, customerId)).length - known.length;
        await explain(
          () => {
            expect(
              answer.status,
              `an order of ${placedAt ?? 'now'}, when a product has no price`,
            ).toBe(409);
            expect(left, 'invoices that it left').toBe(0);
          },
          () => {
            if (answer.status !== 201) return;
            lesson('price-of-another-time', {
              observed: `An order of ${placedAt ?? 'now'} got an invoice. One of its products had no price at that instant.`,
              meaning:
                'No price is not the last price, and it is not 0. Nobody can say what this customer has to pay.',
              lookAt: 'what an order does with a product that has no price at its instant.',
            });
          },
        );
      },
    );
    (await service.delete(`/v1/products/${id}`)).expect(204);
    const placedAt = month(6);
    const late = await service.post('/v1/orders', { customerId, placedAt, lines });
    expect(late.status, 'an order of a product that is off sale now').toBe(409);
    expect(await idsOf(postgres, customerId), 'invoices of the customer then').toEqual(known);
  },
);

import { each, explain, expect, judges, lesson } from '@backend-labs/testkit';
import { newProduct } from './support/api.ts';
import { offers, type OfferRow } from './support/contract.ts';
import { must, twoOf } from './support/draws.ts';
import { bothOrOne, doubled, raced } from './support/diagnose-offers.ts';
import { test } from './support/in-turns.ts';
import { type Clash, ILLEGAL, INSERT, insert, type New, someOffer } from './support/offers.ts';
import {
  isRefused,
  transaction,
  twoTransactions,
  viewTakesNone,
  type Write,
} from './support/transactions.ts';

const VIEW = 'contract.offers';

test('contract.offers shows every offer of today', judges('2.1'), async ({ postgres }) => {
  // The seed's rule, see data/2-seed.sql: three offers for each product but every 17th.
  const seeded = await offers(postgres);
  const old = seeded.filter(({ productId }) => productId <= 240);
  const price = (p: number, year: number): number =>
    150 + ((p * 7919) % 4000) + (year - 2023) * 37 + (p % 60 === 0 ? 123_450 : 0);
  const expected = Array.from({ length: 240 }, (_, at) => at + 1)
    .filter((p) => p % 17 !== 0)
    .flatMap((p): OfferRow[] => [
      {
        productId: p,
        supplierId: 1 + (p % 30),
        country: null,
        costCents: Math.floor(price(p, 2025) / 2),
        preferred: p % 5 !== 0,
      },
      {
        productId: p,
        supplierId: 1 + (p % 30),
        country: 'PT',
        costCents: Math.floor(price(p, 2025) / 3),
        preferred: p % 5 === 0,
      },
      {
        productId: p,
        supplierId: 1 + ((p + 7) % 30),
        country: null,
        costCents: Math.floor(price(p, 2024) / 2),
        preferred: false,
      },
    ]);
  const text = (row: OfferRow): string =>
    `product ${row.productId}, supplier ${row.supplierId}, ${row.country ?? 'everywhere else'}, ${row.costCents} cents${row.preferred ? ', preferred' : ''}`;
  await explain(
    () => {
      expect(old.map(text).toSorted(), 'offers of today in contract.offers').toEqual(
        expected.map(text).toSorted(),
      );
    },
    () => {
      const lost = expected.filter((row) => !old.some((one) => text(one) === text(row)));
      if (old.length === expected.length || lost.length === 0) return;
      const everywhere = lost.filter(({ country }) => country === null).length;
      lesson('offers-left-behind', {
        observed: `products.offers has ${expected.length} offers, and contract.offers shows ${old.length}. ${everywhere} of the ${lost.length} that are lost have no country.`,
        meaning:
          'A new table is empty until somebody brings the rows of the old one. A copy that compares or filters loses rows where a value is null.',
        lookAt: 'which rows the migration takes over, and which of them it passes by.',
      });
    },
  );
});

test(
  'a second offer of one supplier for one product and country is refused',
  judges('2.2'),
  async ({ draw, postgres, service }) => {
    const clashes = ['FR', null].flatMap((country) =>
      [false, true].map((atOnce) => ({ country, atOnce })),
    );
    await each('pairs of offers', clashes, async ({ country, atOnce }) => {
      const { id } = await newProduct(service, draw, 450);
      const first = someOffer(draw, { country });
      const second = { ...first, costCents: first.costCents + 1 };
      const [one, other] = [insert(id, first), insert(id, second)];
      const outcomes = atOnce
        ? await twoTransactions(postgres, one, other)
        : [await transaction(postgres, one), await transaction(postgres, other)];
      const rows = await offers(postgres, id);
      const pair = `offers for ${country ?? 'everywhere else'}, ${atOnce ? 'in two transactions at once' : 'one after the other'}`;
      await explain(
        () => {
          expect(
            outcomes.map((outcome) => outcome.split(':', 1)[0]),
            pair,
          ).toEqual(['written', 'refused']);
          expect(rows.length, `rows of two ${pair}`).toBe(1);
        },
        () => {
          viewTakesNone(VIEW, ...outcomes);
          doubled({ country, atOnce, rows: rows.length, outcomes });
        },
      );
    });
    await each('updates', ['FR', null], async (country) => {
      const { id } = await newProduct(service, draw, 450);
      const first = someOffer(draw, { country });
      const outcomes = [
        await transaction(postgres, insert(id, first), insert(id, { ...first, country: 'ES' })),
        await transaction(postgres, {
          sql: `UPDATE contract.offers SET country = $2 WHERE product_id = $1 AND country = 'ES'`,
          values: [id, country],
        }),
      ];
      const what = `an offer that is updated to one for ${country ?? 'everywhere else'} like another`;
      await explain(
        () =>
          expect(
            outcomes.map((outcome) => outcome.split(':', 1)[0]),
            what,
          ).toEqual(['written', 'refused']),
        () => {
          viewTakesNone(VIEW, ...outcomes);
          doubled({
            country,
            atOnce: false,
            rows: outcomes.every((outcome) => outcome === 'written') ? 2 : 1,
            outcomes,
          });
        },
      );
    });
  },
);

test(
  'a second preferred offer for one product is refused',
  judges('2.3'),
  async ({ draw, postgres, service }) => {
    await each(
      'pairs of preferred offers',
      ['one after the other', 'at once', 'by update'] as const,
      async (how) => {
        const { id } = await newProduct(service, draw, 450);
        const [one, two] = twoOf(draw, 30);
        const first = someOffer(draw, { supplierId: one, preferred: true });
        const second = someOffer(draw, {
          supplierId: two,
          country: null,
          preferred: how !== 'by update',
        });
        const [a, b] = [insert(id, first), insert(id, second)];
        const prefer = {
          sql: 'UPDATE contract.offers SET preferred = true WHERE product_id = $1 AND supplier_id = $2',
          values: [id, two],
        };
        const outcomes =
          how === 'at once'
            ? await twoTransactions(postgres, a, b)
            : [
                await transaction(postgres, a),
                how === 'by update' ? await afterInsert(b, prefer) : await transaction(postgres, b),
              ];
        const preferred = (await offers(postgres, id)).filter((row) => row.preferred);
        await explain(
          () => {
            expect(
              outcomes.map((outcome) => outcome.split(':', 1)[0]),
              `two preferred offers, ${how}`,
            ).toEqual(['written', 'refused']);
            expect(preferred.length, `preferred offers after two writes, ${how}`).toBe(1);
          },
          () => {
            viewTakesNone(VIEW, ...outcomes);
            if (preferred.length === 2 && how === 'at once')
              raced('preferred offers for one product');
          },
        );

        async function afterInsert(write: Write, update: Write): Promise<string> {
          const inserted = await transaction(postgres, write);
          return inserted === 'written' ? transaction(postgres, update) : inserted;
        }
      },
    );
  },
);

test(
  'an illegal offer is refused, new or updated',
  judges('2.4'),
  async ({ draw, postgres, service }) => {
    const { id } = await newProduct(service, draw, 450);
    const cases = ILLEGAL.flatMap((illegal) => [
      [...illegal, 'new'] as const,
      [...illegal, 'updated'] as const,
    ]);
    let supplier = 1;
    await each('illegal offers', cases, async ([what, column, value, how]) => {
      supplier = (supplier % 30) + 1;
      const legal = {
        product_id: id,
        supplier_id: supplier,
        country: how === 'new' ? 'IT' : 'ES',
        cost_cents: 300,
        preferred: false,
      };
      const write = (fields: object): Write => ({ sql: INSERT, values: Object.values(fields) });
      const base = `${how} offer with ${what}`;
      let outcome: string;
      if (how === 'new') {
        outcome = await transaction(postgres, write({ ...legal, [column]: value }));
      } else {
        await transaction(postgres, write(legal));
        outcome = await transaction(postgres, {
          sql: `UPDATE contract.offers SET ${column} = $3 WHERE product_id = $1 AND supplier_id = $2 AND country = 'ES'`,
          values: [id, supplier, value],
        });
      }
      await explain(
        () => expect(outcome.split(':', 1)[0], base).toBe('refused'),
        () => {
          viewTakesNone(VIEW, outcome);
          if (outcome !== 'written') return;
          lesson('rule-in-the-code', {
            observed: `Purchasing wrote a ${base} through contract.offers, and the database took it.`,
            meaning:
              'A rule that only our service checks holds only for requests to our service. Imports, scripts and colleagues with psql write to the same rows.',
            lookAt:
              'what the database itself knows of this column: its type, NOT NULL, CHECK, and the keys.',
          });
        },
      );
    });
  },
);

test(
  'every other write is accepted and changes no other offer',
  judges('2.5'),
  async ({ draw, postgres, service }) => {
    const { id } = await newProduct(service, draw, 450);
    const other = await newProduct(service, draw, 450);
    const [one, two] = twoOf(draw, 30);
    const first: New = { supplierId: one, country: null, costCents: 0, preferred: true };
    const rest: New[] = [
      { supplierId: one, country: 'PT', costCents: 5_000_000_000, preferred: false },
      { supplierId: one, country: 'FR', costCents: 120, preferred: false },
      { supplierId: two, country: null, costCents: 120, preferred: false },
      { supplierId: two, country: 'PT', costCents: 121, preferred: false },
    ];
    const update = (set: string, supplier: number, country: string | null): Write => ({
      sql: `UPDATE contract.offers SET ${set} WHERE product_id = $1 AND supplier_id = $2 AND country IS NOT DISTINCT FROM $3`,
      values: [id, supplier, country],
    });
    await each(
      'legal writes',
      [
        ...[first, ...rest].map((offer) => ({
          what: `an offer of ${offer.costCents} cents for ${offer.country ?? 'everywhere else'}`,
          writes: [insert(id, offer)],
        })),
        {
          what: 'the same offer for another product, preferred there too',
          writes: [insert(other.id, first)],
        },
        { what: 'another cost', writes: [update('cost_cents = 77', two, null)] },
        {
          what: 'preferred, taken from one and given to another',
          writes: [update('preferred = false', one, null), update('preferred = true', two, 'PT')],
        },
        {
          what: 'an offer that is deleted',
          writes: [
            {
              sql: `DELETE FROM contract.offers WHERE product_id = $1 AND country = 'FR'`,
              values: [id],
            },
          ],
        },
        { what: 'the deleted offer again', writes: [insert(id, must(rest[1]))] },
      ],
      async ({ what, writes }) => {
        const outcome = await transaction(postgres, ...writes);
        await explain(
          () => expect(outcome, what).toBe('written'),
          () => {
            viewTakesNone(VIEW, outcome);
            if (/out of range/u.test(outcome)) {
              lesson('cost-too-large', {
                observed: `Purchasing wrote ${what}, and the database said: ${outcome}.`,
                meaning:
                  'An integer of four bytes ends at 2,147,483,647. In cents, that is 21 million.',
                lookAt: 'the type of the column for the cost.',
              });
            }
            if (!isRefused(outcome)) return;
            lesson('refuses-too-much', {
              observed: `Purchasing wrote ${what}, which no rule forbids, and it was ${outcome}.`,
              meaning:
                'The rule that refused it is wider than the one in the ticket. An offer belongs to a product, a supplier and a country together.',
              lookAt: 'which columns together must be unique, and for which rows.',
            });
          },
        );
      },
    );
    const rows = await offers(postgres, id);
    const expected = [
      { ...first, preferred: false },
      ...rest.slice(0, 1),
      ...rest.slice(1, 2),
      { ...must(rest[2]), costCents: 77 },
      { ...must(rest[3]), preferred: true },
    ].map((offer) => ({ productId: id, ...offer }));
    const byKey = (row: OfferRow): string => `${row.supplierId} ${row.country ?? ''}`;
    const sorted = (list: readonly OfferRow[]): OfferRow[] =>
      list.toSorted((a, b) => (byKey(a) < byKey(b) ? -1 : 1));
    expect(sorted(rows), 'offers of the product after all legal writes').toEqual(sorted(expected));
    expect(await offers(postgres, other.id), 'offers of the other product').toEqual([
      { productId: other.id, ...first },
    ]);
    const answer = await service.get<{ offers: New[] }>(`/v1/products/${id}/offers`);
    const shown = answer.expect(200).body.offers.map((offer) => ({ productId: id, ...offer }));
    expect(sorted(shown), 'offers of the product in the API').toEqual(sorted(expected));
  },
);

test(
  'of two requests that clash, one is granted',
  judges('2.6'),
  async ({ draw, inTurns, postgres, service }) => {
    const clashes: Clash[] = [];
    for (const [what, fields] of [
      ['the same offer twice', {}],
      ['the same offer for everywhere else twice', { country: null }],
      ['two preferred offers', { preferred: true }],
    ] as const) {
      const first = someOffer(draw, fields);
      const supplierId =
        what === 'two preferred offers' ? (first.supplierId % 30) + 1 : first.supplierId;
      clashes.push({
        what,
        first,
        second: { ...first, supplierId, costCents: first.costCents + 1 },
      });
    }
    await each('pairs of requests', clashes, async ({ what, first, second }) => {
      const { id } = await newProduct(service, draw, 450);
      const path = `/v1/products/${id}/offers`;
      const answers = await inTurns(
        (one) => one.post(path, first),
        (two) => two.post(path, second),
      );
      const rows = await offers(postgres, id);
      await bothOrOne(
        what,
        answers.map(({ status }) => status),
        rows.length,
      );
    });
    const { id } = await newProduct(service, draw, 450);
    const candidates = [1, 2, 3].map((supplierId) =>
      someOffer(draw, { supplierId, preferred: supplierId === 1 }),
    );
    for (const offer of candidates)
      (await service.post(`/v1/products/${id}/offers`, offer)).expect(201);
    const path = `/v1/products/${id}/preferred-offer`;
    const answers = await inTurns(
      (one) => one.put(path, { supplierId: 2, country: candidates[1]?.country }),
      (two) => two.put(path, { supplierId: 3, country: candidates[2]?.country }),
    );
    const statuses = answers.map(({ status }) => status);
    const preferred = (await offers(postgres, id)).filter((row) => row.preferred);
    expect(preferred.length, 'preferred offers after two changes at the same time').toBe(1);
    const fine =
      statuses.every((status) => status === 200 || status === 409) && statuses.includes(200);
    expect(
      fine,
      `two changes of the preferred offer at the same time got ${statuses.join(' and ')}: 200 or 409, and one 200`,
    ).toBe(true);
    const served = statuses.flatMap((status, at) => (status === 200 ? [at + 2] : []));
    expect(served, 'suppliers whose change got 200').toContain(preferred[0]?.supplierId);
  },
);

test(
  'no two products on sale have the same SKU',
  judges('2.7'),
  async ({ draw, inTurns, service }) => {
    const product = (sku: string) => ({ sku, name: 'Tea', priceCents: 450 });
    const word = draw.word(10);
    const [lower, upper] = draw.shuffle([word, word.toUpperCase()]) as [string, string];
    const answers = await inTurns(
      (one) => one.post('/v1/products', product(lower)),
      (two) => two.post('/v1/products', product(upper)),
    );
    const statuses = answers.map(({ status }) => status);
    await explain(
      () =>
        expect(
          statuses.toSorted((a, b) => a - b),
          'two products with one SKU at the same time',
        ).toEqual([201, 409]),
      () => {
        if (statuses.includes(500)) {
          lesson('refusal-as-500', {
            observed:
              'Two products with one SKU were put on sale at the same time. The database refused one of them, and its client got 500.',
            meaning:
              'Another client was faster: that is a conflict, and the service is not broken.',
            lookAt:
              'what the handler does with an error of the database whose code begins with 23.',
          });
        }
        if (!statuses.every((status) => status === 201)) return;
        lesson('sku-twice', {
          observed: `Two requests put ${lower} and ${upper} on sale at the same time, and both got 201.`,
          meaning:
            'Either both instances looked before one of them wrote, or the rule compares letters that people do not tell apart.',
          lookAt: 'what is unique in the database, and for which rows.',
        });
      },
    );
    (await service.post('/v1/products', product(lower))).expect(409);
    const winner = must(answers.find(({ status }) => status === 201));
    const { id } = (winner.body as { product: { id: number } }).product;
    (await service.delete(`/v1/products/${id}`)).expect(204);
    (await service.get(`/v1/products/${id}`)).expect(404);
    const again = await service.post<{ product: { id: number } }>('/v1/products', product(upper));
    await explain(
      () => expect(again.status, 'the SKU of a product that is off sale, used again').toBe(201),
      () => {
        lesson('sku-never-free', {
          observed: `A product was taken off sale, and its SKU is still taken: the next one with ${upper} got ${again.status}.`,
          meaning:
            'The row of the old product has to stay, because its invoices refer to it. The rule counts it as if it were still sold.',
          lookAt: 'for which rows the SKU has to be unique.',
        });
      },
    );
    (await service.delete(`/v1/products/${again.body.product.id}`)).expect(204);
    (await service.post('/v1/products', product(lower))).expect(201);
  },
);

import {
  type Draw,
  each,
  explain,
  expect,
  judges,
  lesson,
  type PostgresProbe,
  type StartedService,
  test,
  thousands,
} from '@backend-labs/testkit';
import { LIMIT } from './support/limits.ts';
import {
  expectCheap,
  expectFields,
  expectFresh,
  expectLimits,
  expectMicroseconds,
  expectPages,
} from './support/list-rules.ts';
import {
  average,
  by,
  type NewOrder,
  type Order,
  ordersOf,
  placeOrder,
  remove,
  TENANT,
  tenants,
} from './support/orders.ts';
import { costliest, describe, lookedAt, scanOf } from './support/plans.ts';

test(
  'a list without a status shows the newest orders of all',
  judges('3.1'),
  ({ draw, service, postgres }) =>
    expectPages(
      { draw, service, postgres },
      tenants(draw).map((tenant) => [tenant]),
    ),
);

test(
  'without a status, orders of one millisecond are sorted by their microseconds',
  judges('3.1'),
  ({ draw, service, postgres }) => expectMicroseconds({ draw, service, postgres }),
);

test(
  'a list without a status has as many orders as `limit` asks for',
  judges('3.1'),
  ({ draw, service, postgres }) => expectLimits({ draw, service, postgres }),
);

test(
  'an order placed elsewhere is on the next page without a status',
  judges('3.1'),
  ({ draw, service, postgres }) => expectFresh({ draw, service, postgres }),
);

test(
  'an order on a page without a status has all its fields',
  judges('3.1'),
  ({ draw, service, postgres }) => expectFields({ draw, service, postgres }),
);

test(
  'a list without a status is read by few buffers',
  judges('3.2'),
  ({ draw, service, postgres }) =>
    expectCheap(
      { draw, service, postgres },
      tenants(draw).map((tenant) => [tenant]),
    ),
);

test(
  'a status that is empty, unknown or given twice is a 400',
  judges('3.3'),
  async ({ draw, service }) => {
    const tenant = average(draw);
    await each(
      'requests',
      ['status=', 'status=bogus', 'status=paid&status=failed'],
      async (query) => {
        const { request, status } = await service.get(`/v1/orders?${query}`, by(tenant));
        await explain(
          () => {
            expect(status, `status of the answer to ${request}`).toBe(400);
          },
          () => {
            if (status !== 200) return;
            lesson('empty-means-all', {
              observed: `${request} answered 200, as if no status had been given.`,
              meaning:
                'A client that sends a status wants that status. One that is empty is a mistake of the client, and a page of all orders hides it: it looks like an answer.',
              lookAt: 'the difference between a parameter that is absent and one that is empty.',
            });
          },
        );
      },
    );
  },
);

const searchPath = (email: string): string =>
  `/v1/orders/search?email=${encodeURIComponent(email)}`;

async function search(service: StartedService, tenant: number, email: string): Promise<Order[]> {
  return ordersOf(await service.get(searchPath(email), by(tenant)));
}

interface Customer {
  readonly tenant: number;
  /** As nobody typed it. */
  readonly email: string;
  /** In order of their ids. */
  readonly ids: readonly number[];
}

/**
 * A customer of the tenant with about a dozen orders, whose address was typed in several ways; those
 * of tenant 500 kept to one.
 */
async function someCustomer(
  postgres: PostgresProbe,
  draw: Draw,
  tenant: number,
): Promise<Customer> {
  // Among the first orders, where tenant 500 has all of its own.
  const regulars = await postgres.query<{ customer: string }>(
    `SELECT split_part(lower(email), '@', 1) AS customer FROM orders
      WHERE orders.id <= 47500 AND tenant_id = $1
      GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20`,
    [tenant],
  );
  for (const { customer } of draw.shuffle(regulars)) {
    const email = `${customer.replace('ann', 'aNN')}@mAIL.tEST`;
    const rows = await postgres.query<{ id: number; email: string }>(
      `SELECT id::float8 AS id, email FROM orders
        WHERE tenant_id = $1 AND lower(email) = lower($2) ORDER BY orders.id`,
      [tenant, email],
    );
    const spellings = new Set(rows.map((row) => row.email)).size;
    const several = spellings > 1 || tenant === TENANT.churned;
    if (several && rows.length >= 6 && rows.length <= 14) {
      return { tenant, email, ids: rows.map(({ id }) => id) };
    }
  }
  throw new Error(`tenant ${tenant} has no customer with a dozen orders`);
}

const SEARCHED = [TENANT.whale, TENANT.churned, TENANT.importer];

test(
  'a search finds every spelling of an address',
  judges('3.4'),
  async ({ draw, service, postgres }) => {
    const searches: Customer[] = [];
    for (const tenant of [...SEARCHED, average(draw)]) {
      const customer = await someCustomer(postgres, draw, tenant);
      const { email } = customer;
      for (const typed of [email, email.toLowerCase(), email.toUpperCase()]) {
        searches.push({ ...customer, email: typed });
      }
    }
    await each('searches', searches, async ({ tenant, email, ids }) => {
      const found = (await search(service, tenant, email)).map(({ id }) => id);
      const sorted = found.toSorted((a, b) => a - b);
      await explain(
        () => {
          expect(sorted, `ids that a search for ${email} finds for tenant ${tenant}`).toEqual(ids);
        },
        () => {
          if (found.length === ids.length || found.some((id) => !ids.includes(id))) return;
          lesson('one-side-lowered', {
            observed: `A search for ${email} found ${found.length} of the ${ids.length} orders of that address; the others spell it in another way.`,
            meaning:
              'Two texts are compared without their case only if the case is taken from both. The orders keep what customers typed, so lower case on the side of the search is half of it.',
            lookAt: 'what stands on each side of the comparison.',
          });
        },
      );
    });
  },
);

/** `id of address`, as messages name an order. */
const named = (orders: readonly Order[]): string[] =>
  orders.map(({ id, email }) => `${id} of ${email}`);

test(
  'a search takes each character for itself, and the whole address',
  judges('3.5'),
  async ({ draw, service, postgres }) => {
    const tenant = average(draw);
    const word = draw.word();
    const typed = ['.1', '.12', '_2', '.é'].map((end) => `${word}${end}@mail.test`);
    const order = { tenant, status: 'paid', cents: 100, placedAt: '2026-01-01T12:00:00Z' } as const;
    const ids = new Map<string, number>();
    for (const email of typed) ids.set(email, await placeOrder(postgres, { ...order, email }));
    const others = [
      `${word}.1`,
      `${word}_1@mail.test`,
      `${word}.e@mail.test`,
      `${word}.1%`,
      `%`,
      '%@mail.test',
    ];
    const all = [...typed, ...others];
    try {
      await each('searches', all, async (email) => {
        const id = ids.get(email);
        const found = named(await search(service, tenant, email));
        await explain(
          () => {
            const expected = id === undefined ? [] : [`${id} of ${email}`];
            expect(found, `orders that a search for ${email} finds`).toEqual(expected);
          },
          () => {
            if (!/[%_]/u.test(email) || found.length === 0) return;
            lesson('taken-for-a-pattern', {
              observed: `A search for ${email} found ${found.length} orders, among them ${found[0]}.`,
              meaning:
                'LIKE reads _ as any character and % as any text, and both are ordinary in an address. So a search can find what was not asked for, and a customer can ask for everybody.',
              lookAt: 'the operator that compares, and what it does with these two characters.',
            });
          },
        );
      });
    } finally {
      await remove(postgres, [...ids.values()]);
    }
  },
);

test('a search shows the newest 50 orders', judges('3.6'), async ({ draw, service, postgres }) => {
  const tenant = average(draw);
  const email = `${draw.word()}@mail.test`;
  // Three of them share each instant, a microsecond from the next three.
  const instants = Array.from({ length: 54 }, (_, at) => Math.floor(at / 3));
  const placed: { id: number; at: number }[] = [];
  for (const at of draw.shuffle(instants)) {
    const placedAt = `2026-01-01T12:00:00.0000${String(at).padStart(2, '0')}Z`;
    const order: NewOrder = { tenant, status: 'paid', cents: 100, email, placedAt };
    placed.push({ id: await placeOrder(postgres, order), at });
  }
  const found = (await search(service, tenant, email)).map(({ id }) => id);
  await remove(
    postgres,
    placed.map(({ id }) => id),
  );
  const newest = placed.toSorted((a, b) => b.at - a.at || b.id - a.id).map(({ id }) => id);
  const instant = new Map(placed.map(({ id, at }) => [id, at]));
  const instantsOf = (ids: readonly number[]): string => ids.map((id) => instant.get(id)).join();
  await explain(
    () => {
      expect(
        found,
        `ids that a search finds for an address with ${placed.length} orders, of which three each share an instant`,
      ).toEqual(newest.slice(0, 50));
    },
    () => {
      if (instantsOf(found) === instantsOf(newest.slice(0, 50))) {
        lesson('ties-as-they-come', {
          observed: `A search did not sort orders of one instant by their ids. It showed ${found.slice(0, 6).join(', ')}, …; it must show ${newest.slice(0, 6).join(', ')}, …`,
          meaning:
            'ORDER BY says nothing about rows that are equal in it, so Postgres returns them as it finds them. Another plan may find others first, and then another one is left out at the end.',
          lookAt: 'whether what you sort by can tell any two orders apart.',
        });
      }
      if (found.length <= 50) return;
      lesson('search-without-end', {
        observed: `An address has ${placed.length} orders, and a search for it showed ${found.length}.`,
        meaning:
          'Nearly every address has a dozen orders, and one day a marketplace has a hundred thousand under one. An answer without a bound is fast until then, and takes the service down that day.',
        lookAt: 'how many rows the statement can return at most.',
      });
    },
  );
});

test(
  'an order keeps its address as it was typed',
  judges('3.7'),
  async ({ draw, service, postgres }) => {
    const tenant = average(draw);
    const email = `New.${draw.word()}@Mail.Test`;
    const order = { tenant, status: 'paid', cents: 100 } as const;
    const id = await placeOrder(postgres, { ...order, email, placedAt: '2026-01-01T12:00:00Z' });
    const [kept] = await postgres.query<{ email: string }>(
      'SELECT email FROM orders WHERE id = $1',
      [id],
    );
    const shown = named(await search(service, tenant, email.toLowerCase()));
    await remove(postgres, [id]);
    await explain(
      () => {
        expect(kept?.email, 'the address that the table keeps').toBe(email);
        // One that it does not find is another point's.
        const others = shown.filter((line) => line !== `${id} of ${email}`);
        expect(others, `what a search shows of order ${id}, beside ${email}`).toEqual([]);
      },
      () => {
        const lowered = email.toLowerCase();
        if (kept?.email !== lowered && !shown.includes(`${id} of ${lowered}`)) return;
        lesson('address-rewritten', {
          observed: `An order was placed with ${email}; ${kept?.email === lowered ? 'the table keeps' : 'a search shows'} ${lowered}.`,
          meaning:
            'What a customer typed is data, and a mail server may tell the cases of the part before the @ apart. The table cannot give back what it has not kept.',
          lookAt: 'how an index can hold another form of a value than the row does.',
        });
      },
    );
  },
);

test(
  'a search shows no order of another tenant',
  judges('3.8'),
  async ({ draw, service, postgres }) => {
    const email = `${draw.word()}@mail.test`;
    const [own = 0, other = 0] = draw.shuffle([average(draw), TENANT.whale]);
    const order = { status: 'paid', cents: 100, email, placedAt: '2026-01-01T12:00:00Z' } as const;
    const id = await placeOrder(postgres, { ...order, tenant: own });
    const foreign = await placeOrder(postgres, { ...order, tenant: other });
    const found = (await search(service, own, email)).map((order_) => order_.id);
    await remove(postgres, [id, foreign]);
    await explain(
      () => {
        expect(found, `ids that a search for ${email} finds for tenant ${own}`).toEqual([id]);
      },
      () => {
        if (!found.includes(foreign)) return;
        lesson('tenant-forgotten', {
          observed: `Order ${foreign} belongs to tenant ${other}, and a search of tenant ${own} for its address showed it.`,
          meaning:
            'One person can be a customer of two tenants. A filter that leaves the tenant out is right with every address of the data, and is a breach of data on the day that two of them meet.',
          lookAt: 'every statement of the service that does not name the tenant.',
        });
      },
    );
  },
);

test('a search is read by few buffers', judges('3.9'), async ({ draw, service, postgres }) => {
  await each('searches', [...SEARCHED, average(draw)], async (tenant) => {
    const { email } = await someCustomer(postgres, draw, tenant);
    const { buffers } = await postgres.measure(() => service.get(searchPath(email), by(tenant)));
    const cost = `A search by email for tenant ${tenant} read ${thousands(buffers)} buffers; ${LIMIT.search} are allowed`;
    await explain(
      () => {
        expect(buffers, cost).toBeLessThanOrEqual(LIMIT.search);
      },
      async () => {
        const plan = costliest(
          await postgres.plans((instance) => instance.get(searchPath(email), by(tenant))),
        );
        const scan = plan && scanOf(plan);
        const pattern = scan?.filter?.includes('~~*') === true;
        if (scan && pattern) {
          lesson('ilike', {
            observed: `${cost}. Postgres compared ${thousands(lookedAt(scan))} addresses with ILIKE and kept ${scan.rows}.`,
            meaning:
              'A B-tree holds values in one order, and ILIKE asks for a pattern in any case, which is not a range of that order. So every candidate row is fetched and compared.',
            lookAt: 'an index on the very expression that you search by.',
          });
        }
        expect.fail(`${cost}. ${describe(plan)}`);
      },
    );
  });
});

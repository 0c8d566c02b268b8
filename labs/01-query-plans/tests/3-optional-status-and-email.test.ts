import { explain, expect, lesson, test, thousands } from '@backend-labs/testkit';
import { diagnoseList } from './support/diagnose-list.ts';
import { LIMIT } from './support/limits.ts';
import {
  by,
  expectPage,
  list,
  listPath,
  ordersOf,
  placeOrder,
  remove,
  TENANT,
  truePage,
} from './support/orders.ts';
import { costliest, describe, lookedAt, scanOf } from './support/plans.ts';

/** Customers with about ten orders each, typed in three ways. */
const SEARCHES = [
  { tenant: TENANT.whale, email: 'ANN1.35210@MAIL.TEST' },
  { tenant: TENANT.average, email: 'ann57.84@Mail.Test' },
  { tenant: TENANT.churned, email: 'Ann500.51@mail.test' },
  { tenant: TENANT.importer, email: 'aNN600.834@mAIL.tEST' },
] as const;

const searchPath = (email: string): string =>
  `/v1/orders/search?email=${encodeURIComponent(email)}`;

test('a list without a status is read by few buffers', async ({ service, postgres }) => {
  for (const tenant of Object.values(TENANT)) {
    const { result, buffers } = await postgres.measure(() => list(service, tenant));
    const request = `GET ${listPath()} for tenant ${tenant}`;
    expectPage(result, await truePage(postgres, tenant), request);
    await explain(
      () => {
        expect(
          buffers,
          `${request} read ${thousands(buffers)} buffers; ${LIMIT.list} are allowed`,
        ).toBeLessThanOrEqual(LIMIT.list);
      },
      () => diagnoseList(postgres, request, buffers, (each) => each.get(listPath(), by(tenant))),
    );
  }
});

test('a list of a status and one without serve side by side', async ({ service, postgres }) => {
  const { average: tenant } = TENANT;
  const order = { tenant, cents: 100 } as const;
  // The later one has the lower id, and clients see the same millisecond.
  const ids = [
    await placeOrder(postgres, {
      ...order,
      status: 'paid',
      placedAt: '2026-02-05T12:00:00.000001Z',
    }),
    await placeOrder(postgres, { ...order, status: 'shipped', placedAt: '2026-02-05T12:00:00Z' }),
  ];
  for (const status of ['shipped', undefined, 'paid'] as const) {
    const seen = await list(service, tenant, status);
    const request = `GET ${listPath(status)} for tenant ${tenant}, after orders ${ids.join(' and ')} were placed, the second a microsecond before the first`;
    expectPage(seen, await truePage(postgres, tenant, status), request);
  }
  await remove(postgres, ids);
  for (const query of ['status=', 'status=bogus', 'status=paid&status=failed']) {
    const { status } = await service.get(`/v1/orders?${query}`, by(tenant));
    expect(status, `status of the answer to GET /v1/orders?${query}`).toBe(400);
  }
});

test('a search finds every spelling of an address', async ({ service, postgres }) => {
  for (const { tenant, email } of SEARCHES) {
    const found = ordersOf(await service.get(searchPath(email), by(tenant)));
    const there = await postgres.query<{ id: number }>(
      `SELECT id::float8 AS id FROM orders WHERE tenant_id = $1 AND lower(email) = lower($2)
        ORDER BY placed_at DESC, orders.id DESC LIMIT 50`,
      [tenant, email],
    );
    expect(there.length, `orders of ${email} in the data`).toBeGreaterThan(5);
    expect(
      found.map(({ id }) => id),
      `orders of ${email} for tenant ${tenant}, newest first`,
    ).toEqual(there.map(({ id }) => id));
  }
});

test('a search takes each character for itself', async ({ service, postgres }) => {
  const tenant = TENANT.average;
  for (const email of ['ann57_84@mail.test', 'ann57.8%@mail.test']) {
    const found = ordersOf(await service.get(searchPath(email), by(tenant)));
    expect(
      found.map(({ id, email: other }) => `${id} of ${other}`),
      `orders of ${email}, which is nobody's address`,
    ).toEqual([]);
  }
  const order = { tenant, status: 'paid', cents: 100 } as const;
  const [plain, tagged] = ['New@Mail.test', 'New+Tag@Mail.test'];
  const last = { ...order, email: plain, placedAt: '2026-01-03T12:00:00Z' };
  const first = { ...order, email: plain, placedAt: '2026-01-01T12:00:00Z' };
  const other = { ...order, email: tagged, placedAt: '2026-01-02T12:00:00Z' };
  const ids: number[] = [];
  for (const each of [last, first, other]) ids.push(await placeOrder(postgres, each));
  for (const { email, expected } of [
    { email: 'nEW@mail.TEST', expected: [`${ids[0]} of ${plain}`, `${ids[1]} of ${plain}`] },
    { email: 'nEW+tAG@mail.TEST', expected: [`${ids[2]} of ${tagged}`] },
  ]) {
    const found = ordersOf(await service.get(searchPath(email), by(tenant)));
    expect(
      found.map(({ id, email: as }) => `${id} of ${as}`),
      `orders that a search for ${email} finds, newest first, of those placed just now`,
    ).toEqual(expected);
  }
  await remove(postgres, ids);
});

test('a search is read by few buffers', async ({ service, postgres }) => {
  for (const { tenant, email } of SEARCHES) {
    const { buffers } = await postgres.measure(() => service.get(searchPath(email), by(tenant)));
    const cost = `A search by email for tenant ${tenant} read ${thousands(buffers)} buffers; ${LIMIT.search} are allowed`;
    await explain(
      () => {
        expect(buffers, cost).toBeLessThanOrEqual(LIMIT.search);
      },
      async () => {
        const plan = costliest(
          await postgres.plans((each) => each.get(searchPath(email), by(tenant))),
        );
        const scan = plan && scanOf(plan);
        const pattern = scan?.filter?.includes('~~*') === true;
        if (scan && pattern) {
          lesson('ilike', {
            observed: `${cost}. Postgres compared ${thousands(lookedAt(scan))} addresses with ILIKE and kept ${scan.rows}.`,
            meaning:
              'A B-tree holds values in one order, and ILIKE asks for a pattern in any case, which is no range of that order. So every candidate row is fetched and compared.',
            lookAt: 'an index on the very expression that you search by.',
          });
        }
        expect.fail(`${cost}. ${describe(plan)}`);
      },
    );
  }
});

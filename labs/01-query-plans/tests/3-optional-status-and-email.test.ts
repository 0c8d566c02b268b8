import { explain, expect, lesson, test, thousands } from '@backend-labs/testkit';
import { diagnoseList } from './support/diagnose-list.ts';
import { LIMIT } from './support/limits.ts';
import { by, list, listPath, ordersOf, TENANT, truePage } from './support/orders.ts';
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
    expect(
      result.map(({ id }) => id),
      `orders of ${request}`,
    ).toEqual(await truePage(postgres, tenant));
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

test('a search takes each character for itself', async ({ service }) => {
  for (const email of ['ann57_84@mail.test', 'ann57.8%@mail.test']) {
    const found = ordersOf(await service.get(searchPath(email), by(TENANT.average)));
    expect(found, `nobody's address is ${email}`).toEqual([]);
  }
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

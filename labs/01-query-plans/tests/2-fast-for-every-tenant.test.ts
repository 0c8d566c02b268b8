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
  type Status,
  STATUSES,
  TENANT,
  truePage,
} from './support/orders.ts';

test('an order placed elsewhere is on the next page', async ({ service, postgres }) => {
  for (const tenant of [TENANT.average, TENANT.unknown]) {
    await list(service, tenant, 'paid');
    const order = { tenant, status: 'paid', cents: 100 } as const;
    const now = new Date().toISOString().slice(0, -1);
    // The later one has the lower id, and clients see the same millisecond.
    const ids = [
      await placeOrder(postgres, { ...order, placedAt: `${now}001Z` }),
      await placeOrder(postgres, { ...order, placedAt: `${now}000Z` }),
    ];
    const { result, calls } = await postgres.measure(() => list(service, tenant, 'paid'));
    const page = await truePage(postgres, tenant, 'paid');
    await remove(postgres, ids);
    const request = `GET ${listPath('paid')} for tenant ${tenant}, after orders ${ids.join(' and ')} were placed, the second a microsecond before the first`;
    await explain(
      () => expectPage(result, page, request),
      () => {
        if (calls > 0) return;
        lesson('memoise', {
          observed:
            'Orders were committed between two reads of the same page. The second read did not show them, and sent no statement to the database.',
          meaning:
            'The query is not faster, it is asked less often, and from now on the page lies for as long as the copy lives. The first reader after each expiry still waits for the whole table.',
          lookAt: 'what one execution of the query reads, and why.',
        });
      },
    );
  }
});

test('a page is as long as it is asked for', async ({ service, postgres }) => {
  const page = await truePage(postgres, TENANT.average, 'paid', 100);
  const hundred = await list(service, TENANT.average, 'paid', 100);
  expectPage(hundred, page, `GET ${listPath('paid', 100)} for tenant ${TENANT.average}`);
  const path = '/v1/orders?status=paid';
  const unlimited = ordersOf(await service.get(path, by(TENANT.average)));
  expectPage(unlimited, page.slice(0, 50), `GET ${path} for tenant ${TENANT.average}`);
});

/** All statuses of the largest tenant, and of the others what is frequent, rare or tied. */
const PAGES: readonly (readonly [number, readonly Status[]])[] = [
  [TENANT.whale, STATUSES],
  [TENANT.average, ['paid', 'failed']],
  [TENANT.churned, ['paid', 'failed']],
  [TENANT.importer, ['paid', 'pending']],
  [TENANT.unknown, ['paid']],
];

test('every tenant and status is read by few buffers', async ({ service, postgres }) => {
  for (const [tenant, statuses] of PAGES) {
    for (const status of statuses) {
      const { result, buffers } = await postgres.measure(() => list(service, tenant, status));
      const request = `GET ${listPath(status)} for tenant ${tenant}`;
      expectPage(result, await truePage(postgres, tenant, status), request);
      await explain(
        () => {
          expect(
            buffers,
            `${request} read ${thousands(buffers)} buffers; ${LIMIT.list} are allowed`,
          ).toBeLessThanOrEqual(LIMIT.list);
        },
        () =>
          diagnoseList(postgres, request, buffers, (each) =>
            each.get(listPath(status), by(tenant)),
          ),
      );
    }
  }
});

import { explain, expect, lesson, test, thousands } from '@backend-labs/testkit';
import { diagnoseList } from './support/diagnose-list.ts';
import { LIMIT } from './support/limits.ts';
import {
  by,
  list,
  listPath,
  placeOrder,
  type Status,
  STATUSES,
  TENANT,
  truePage,
} from './support/orders.ts';

test('an order placed elsewhere is on the next page', async ({ service, postgres }) => {
  await list(service, TENANT.average, 'paid');
  const id = await placeOrder(postgres, {
    tenant: TENANT.average,
    status: 'paid',
    placedAt: '2026-02-05T12:00:00Z',
    cents: 100,
  });
  const { result, calls } = await postgres.measure(() => list(service, TENANT.average, 'paid'));
  await postgres.query('DELETE FROM orders WHERE id = $1', [id]);
  await explain(
    () => {
      expect(result[0]?.id, 'the newest order of the page').toBe(id);
    },
    () => {
      if (calls > 0) return;
      lesson('memoise', {
        observed:
          'An order was committed between two reads of the same page. The second read did not show it, and sent no statement to the database.',
        meaning:
          'The query is not faster, it is asked less often, and from now on the page lies for as long as the copy lives. The first reader after each expiry still waits for the whole table.',
        lookAt: 'what one execution of the query reads, and why.',
      });
    },
  );
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
      expect(
        result.map(({ id }) => id),
        `orders of ${request}`,
      ).toEqual(await truePage(postgres, tenant, status));
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

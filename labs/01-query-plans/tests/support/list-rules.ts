import {
  type Draw,
  each,
  explain,
  expect,
  lesson,
  type PostgresProbe,
  type StartedService,
  thousands,
} from '@backend-labs/testkit';
import { diagnoseList } from './diagnose-list.ts';
import { LIMIT } from './limits.ts';
import {
  average,
  by,
  expectPage,
  list,
  listPath,
  type Order,
  ordersOf,
  ordersWith,
  placeOrder,
  remove,
  type Status,
  truePage,
} from './orders.ts';

/** What a list must do with a status (task 2) and without (task 3) alike. */
export interface Subject {
  readonly service: StartedService;
  readonly postgres: PostgresProbe;
  readonly draw: Draw;
}

/** One page of a list: a tenant's, of a status or of all. */
export type Page = readonly [tenant: number, status?: Status];

export async function expectPages(subject: Subject, pages: readonly Page[]): Promise<void> {
  const { service, postgres } = subject;
  await each('pages', pages, async ([tenant, status]) => {
    const seen = await list(service, tenant, status);
    const request = `GET ${listPath(status)} for tenant ${tenant}`;
    const page = await truePage(postgres, tenant, status);
    await explain(
      () => expectPage(seen, page, request),
      () => ties(seen, page, request),
    );
  });
}

/** Another choice among orders of one instant. */
function ties(seen: readonly Order[], page: readonly Order[], request: string): void {
  const instants = (orders: readonly Order[]): string =>
    orders.map(({ placedAt }) => placedAt).join();
  const rising = seen.some((order, at) => {
    const next = seen[at + 1];
    return next?.placedAt === order.placedAt && next.id > order.id;
  });
  if (!rising || instants(seen) !== instants(page)) return;
  lesson('ties-as-they-come', {
    observed: `${request} showed orders of one instant with the lower id first: ${seen.map(({ id }) => id).join(', ')}. It must show ${page.map(({ id }) => id).join(', ')}.`,
    meaning:
      'ORDER BY says nothing about rows that are equal in it, so Postgres returns them as it finds them. Another plan, or the next page, may find them in another order.',
    lookAt: 'whether what you sort by can tell any two orders apart.',
  });
}

/** Two orders that clients see at the same instant, the later one with the lower id. */
export async function expectMicroseconds(subject: Subject, status?: Status): Promise<void> {
  const { service, postgres, draw } = subject;
  const order = { tenant: average(draw), status: status ?? 'paid', cents: 100 } as const;
  const ids = [
    await placeOrder(postgres, { ...order, placedAt: '2026-02-05T12:00:00.000001Z' }),
    await placeOrder(postgres, { ...order, placedAt: '2026-02-05T12:00:00Z' }),
  ];
  // A number that no other test asks for: this one is not about pages that were kept.
  const limit = 7;
  const seen = await list(service, order.tenant, status, limit);
  const page = await truePage(postgres, order.tenant, status, limit);
  await remove(postgres, ids);
  expectPage(
    seen,
    page,
    `GET ${listPath(status, limit)} for tenant ${order.tenant}, after orders ${ids.join(' and ')} were placed, the second a microsecond before the first`,
  );
}

const pathOf = (status: Status | undefined, limit: string | undefined): string =>
  `/v1/orders?${[status && `status=${status}`, limit && `limit=${limit}`].filter(Boolean).join('&')}`;

export async function expectLimits(subject: Subject, status?: Status): Promise<void> {
  const { service, draw } = subject;
  const tenant = average(draw);
  const some = draw.int(51, 99);
  const limits = [
    { limit: '1', length: 1 },
    { limit: String(some), length: some },
    { limit: '100', length: 100 },
    { limit: undefined, length: 50 },
    ...['0', '101', '-1', '2.5', 'ten', '3&limit=4'].map((limit) => ({ limit, length: undefined })),
  ];
  await each('limits', limits, async ({ limit, length }) => {
    const answer = await service.get(pathOf(status, limit), by(tenant));
    if (length === undefined) {
      answer.expect(400);
      return;
    }
    const seen = ordersOf(answer).length;
    const { request } = answer;
    await explain(
      () => {
        expect(seen, `orders of ${request} for tenant ${tenant}, which has more`).toBe(length);
      },
      () => {
        if (seen !== 50) return;
        lesson('fifty-at-most', {
          observed: `${request} answered 50 orders, and tenant ${tenant} has more than ${length}.`,
          meaning:
            'A client that asks for 100 and gets 50 takes the page for the last one, and never sees what comes behind it. An answer that is cut has to say so.',
          lookAt: 'what becomes of a limit that is larger than the one used when it is left out.',
        });
      },
    );
  });
}

export async function expectCheap(subject: Subject, pages: readonly Page[]): Promise<void> {
  const { service, postgres } = subject;
  await each('pages', pages, async ([tenant, status]) => {
    const ask = (instance: StartedService) => instance.get(listPath(status), by(tenant));
    const { buffers } = await postgres.measure(async () => (await ask(service)).expect(200));
    const request = `GET ${listPath(status)} for tenant ${tenant}`;
    await explain(
      () => {
        expect(
          buffers,
          `${request} read ${thousands(buffers)} buffers; ${LIMIT.list} are allowed`,
        ).toBeLessThanOrEqual(LIMIT.list);
      },
      () => diagnoseList(postgres, request, buffers, ask),
    );
  });
}

/** For a tenant with orders and one without. */
export async function expectFresh(subject: Subject, status?: Status): Promise<void> {
  const { service, postgres, draw } = subject;
  await each('tenants', [average(draw), draw.int(5_000, 9_999)], async (tenant) => {
    await list(service, tenant, status);
    const placedAt = new Date().toISOString();
    const id = await placeOrder(postgres, {
      tenant,
      status: status ?? 'paid',
      cents: 100,
      placedAt,
    });
    const { result, calls } = await postgres.measure(() => list(service, tenant, status));
    await remove(postgres, [id]);
    await explain(
      () => {
        expect(
          result.map((order) => order.id),
          `ids of GET ${listPath(status)} for tenant ${tenant}, after order ${id} was placed`,
        ).toContain(id);
      },
      () => {
        if (calls > 0) return;
        lesson('memoise', {
          observed: `An order was committed between two reads of the same page. The second read did not show it, and sent no statement to the database.`,
          meaning:
            'The query is not faster, it is asked less often, and from now on the page lies for as long as the copy lives. The first reader after each expiry still waits for the whole table.',
          lookAt: 'what one execution of the query reads, and why.',
        });
      },
    );
  });
}

/** What clients know of an order; `via` is a key of the seed's meta. */
const KEYS = 'id tenantId customerId status totalCents email placedAt meta via'.split(' ');

export async function expectFields(subject: Subject, status?: Status): Promise<void> {
  const { service, postgres, draw } = subject;
  const tenant = average(draw);
  const path = listPath(status);
  const seen = await list(service, tenant, status);
  expect(seen.length, `orders of GET ${path} for tenant ${tenant}`).toBeGreaterThan(0);
  const there = await ordersWith(
    postgres,
    seen.map(({ id }) => id),
  );
  await each('orders', seen, async (order) => {
    const must = there.get(order.id);
    await explain(
      () => {
        expect(
          JSON.stringify(order, KEYS),
          `an order of GET ${path} for tenant ${tenant}, as far as clients know it`,
        ).toBe(JSON.stringify(must, KEYS));
      },
      () => {
        const missing = Object.keys(must ?? {}).filter((key) => !(key in order));
        if (missing.length === 0) return;
        lesson('field-left-out', {
          observed: `Order ${order.id} came without ${missing.join(' and ')} in the answer to GET ${path}.`,
          meaning:
            'A plan that reads less by showing less is a change of the contract: some client shows that field. Ten rows that are fetched from the table cost ten buffers or so.',
          lookAt: 'what the list read before the first row that it shows.',
        });
      },
    );
  });
}

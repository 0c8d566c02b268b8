import {
  type Answer,
  expect,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';

/** Tenants that the seed made for a purpose; see data/2-seed.sql. */
export const TENANT = {
  whale: 1,
  average: 57,
  churned: 500,
  importer: 600,
  unknown: 9999,
} as const;

export const STATUSES = ['paid', 'shipped', 'failed', 'pending', 'processing'] as const;
export type Status = (typeof STATUSES)[number];

/** Small enough that a right plan is told from a wrong one by far. */
export const PAGE = 10;

export interface Order {
  readonly id: number;
  readonly status: Status;
  readonly email: string;
}

/** Headers of a request for a tenant. */
export const by = (tenant: number) => ({ headers: { 'x-tenant-id': String(tenant) } });

export function listPath(status?: Status): string {
  return status === undefined
    ? `/v1/orders?limit=${PAGE}`
    : `/v1/orders?status=${status}&limit=${PAGE}`;
}

export async function list(
  service: StartedService,
  tenant: number,
  status?: Status,
): Promise<Order[]> {
  return ordersOf(await service.get(listPath(status), by(tenant)));
}

/** The orders of an answer that must have some. Fails as an assertion, whatever the body is. */
export function ordersOf(answer: Answer): Order[] {
  const { body } = answer.expect(200);
  expect(body, `${answer.request} must answer { "orders": [ … ] }`).toHaveProperty('orders');
  const { orders } = body as { orders: unknown };
  expect(orders, `${answer.request} must answer a list under "orders"`).toBeInstanceOf(Array);
  return orders as Order[];
}

/** Ids of the page that a tenant must see, from the table itself. */
export async function truePage(
  postgres: PostgresProbe,
  tenant: number,
  status?: Status,
): Promise<number[]> {
  const rows = await postgres.query<{ id: number }>(
    `SELECT id::float8 AS id FROM orders WHERE tenant_id = $1 ${status ? 'AND status = $3' : ''}
      ORDER BY placed_at DESC, orders.id DESC LIMIT $2`,
    status ? [tenant, PAGE, status] : [tenant, PAGE],
  );
  return rows.map(({ id }) => id);
}

/** Writes an order past the service, as the checkout does. Answers its id. */
export async function placeOrder(
  postgres: PostgresProbe,
  order: { tenant: number; status: Status; placedAt: string; cents: number },
): Promise<number> {
  const rows = await postgres.query<{ id: number }>(
    `INSERT INTO orders (tenant_id, customer_id, status, total_cents, email, placed_at, meta)
     VALUES ($1, 1, $2, $3, 'late@mail.test', $4, '{}') RETURNING id::float8 AS id`,
    [order.tenant, order.status, order.cents, order.placedAt],
  );
  return rows[0]?.id ?? Number.NaN;
}

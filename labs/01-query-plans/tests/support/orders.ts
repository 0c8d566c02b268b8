import {
  type Answer,
  type Draw,
  expect,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';

/** Tenants that the seed made for a purpose; see data/2-seed.sql. */
export const TENANT = {
  whale: 1,
  churned: 500,
  importer: 600,
} as const;

/** One of the 198 tenants that are alike. */
export const average = (draw: Draw): number => draw.int(2, 199);

/** One of each kind of tenant, the last without orders. */
export const tenants = (draw: Draw): readonly number[] => [
  TENANT.whale,
  average(draw),
  TENANT.churned,
  TENANT.importer,
  draw.int(5_000, 9_999),
];

export const STATUSES = ['paid', 'shipped', 'failed', 'pending', 'processing'] as const;
export type Status = (typeof STATUSES)[number];

/** Small enough to keep right plans and wrong ones far apart. */
export const PAGE = 10;

export interface Order {
  readonly id: number;
  readonly tenantId: number;
  readonly customerId: number;
  readonly status: Status;
  readonly totalCents: number;
  readonly email: string;
  readonly placedAt: string;
  readonly meta: object;
}

/** Headers of a request for a tenant. */
export const by = (tenant: number) => ({ headers: { 'x-tenant-id': String(tenant) } });

export function listPath(status?: Status, limit: number = PAGE): string {
  return status === undefined
    ? `/v1/orders?limit=${limit}`
    : `/v1/orders?status=${status}&limit=${limit}`;
}

export async function list(
  service: StartedService,
  tenant: number,
  status?: Status,
  limit: number = PAGE,
): Promise<Order[]> {
  return ordersOf(await service.get(listPath(status, limit), by(tenant)));
}

/** The orders of an answer that must have some. Fails as an assertion, whatever the body is. */
export function ordersOf(answer: Answer): Order[] {
  const { body } = answer.expect(200);
  expect(body, `${answer.request} must answer { "orders": [ … ] }`).toHaveProperty('orders');
  const { orders } = body as { orders: unknown };
  expect(orders, `${answer.request} must answer a list under "orders"`).toBeInstanceOf(Array);
  return orders as Order[];
}

const COLUMNS = `id::float8 AS id, tenant_id AS "tenantId", customer_id::float8 AS "customerId",
  status, total_cents::float8 AS "totalCents", email, placed_at AS "placedAt", meta`;

type Row = Omit<Order, 'placedAt'> & { readonly placedAt: Date };

const toOrder = (row: Row): Order => ({ ...row, placedAt: row.placedAt.toISOString() });

/** Orders as clients must see them, by their ids. */
export async function ordersWith(
  postgres: PostgresProbe,
  ids: readonly number[],
): Promise<Map<number, Order>> {
  const rows = await postgres.query<Row>(
    `SELECT ${COLUMNS} FROM orders WHERE id = ANY ($1::bigint[])`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, toOrder(row)]));
}

/** The page that a tenant must see, from the table itself. */
export async function truePage(
  postgres: PostgresProbe,
  tenant: number,
  status?: Status,
  limit: number = PAGE,
): Promise<Order[]> {
  const rows = await postgres.query<Row>(
    `SELECT ${COLUMNS} FROM orders WHERE tenant_id = $1 ${status ? 'AND status = $3' : ''}
      ORDER BY placed_at DESC, orders.id DESC LIMIT $2`,
    status ? [tenant, limit, status] : [tenant, limit],
  );
  return rows.map(toOrder);
}

/** Requires the very orders of a page, in their order. */
export function expectPage(seen: readonly Order[], page: readonly Order[], request: string): void {
  const ids = (orders: readonly Order[]): number[] => orders.map(({ id }) => id);
  expect(ids(seen), `ids of ${request}`).toEqual(ids(page));
}

export interface NewOrder {
  readonly tenant: number;
  readonly status: Status;
  /** With as many digits behind the second as the test needs. */
  readonly placedAt: string;
  readonly cents: number;
  /** `late@mail.test` unless told. */
  readonly email?: string;
}

/** Writes an order past the service, as the checkout does. Answers its id. */
export async function placeOrder(
  postgres: PostgresProbe,
  { tenant, status, cents, placedAt, email = 'late@mail.test' }: NewOrder,
): Promise<number> {
  const rows = await postgres.query<{ id: number }>(
    `INSERT INTO orders (tenant_id, customer_id, status, total_cents, email, placed_at, meta)
     VALUES ($1, 1, $2, $3, $4, $5, '{}') RETURNING id::float8 AS id`,
    [tenant, status, cents, email, placedAt],
  );
  return rows[0]?.id ?? Number.NaN;
}

export async function remove(postgres: PostgresProbe, ids: readonly number[]): Promise<void> {
  await postgres.query('DELETE FROM orders WHERE id = ANY ($1::bigint[])', [ids]);
}

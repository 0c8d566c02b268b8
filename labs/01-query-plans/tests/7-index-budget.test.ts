import {
  type Answer,
  expect,
  explain,
  happens,
  type IndexInfo,
  lesson,
  type PostgresProbe,
  type StartedService,
  test,
} from '@backend-labs/testkit';
import { LIMIT } from './support/limits.ts';
import { by, list, STATUSES, TENANT } from './support/orders.ts';
import { definitionOf } from './support/plans.ts';

/** One request of each kind that the back office makes, for tenants large and small. */
async function everyRoute(service: StartedService): Promise<void> {
  for (const tenant of [TENANT.whale, TENANT.average, TENANT.importer]) {
    for (const status of [undefined, ...STATUSES]) await list(service, tenant, status);
    for (const path of [
      '/v1/orders/search?email=ann57.84%40mail.test',
      '/v1/reports/daily?day=2025-08-20',
      '/v1/reports/daily?day=2025-12-01',
    ]) {
      (await service.get(path, by(tenant))).expect(200);
    }
  }
  (await service.post('/internal/orders/claim')).expect(200);
}

interface Picked {
  readonly id: number;
  readonly tenant: number;
}

const secondary = (indexes: readonly IndexInfo[]): IndexInfo[] =>
  indexes.filter(({ table, primary }) => table === 'orders' && !primary);

const names = (indexes: readonly IndexInfo[]): string =>
  indexes.map((index) => `${index.name} ${definitionOf(index)}`).join(', ');

test('every index of orders is read, and there are few', async ({ postgres }) => {
  const indexes = secondary(await postgres.indexes());
  const read = new Set((await postgres.plans(everyRoute)).flatMap((plan) => plan.indexes));
  const idle = indexes.filter(({ name }) => !read.has(name));
  await explain(
    () => {
      expect(indexes.length, `secondary indexes of orders: ${names(indexes)}`).toBeLessThanOrEqual(
        LIMIT.indexes,
      );
    },
    () => {
      lesson('index-everything', {
        observed: `orders has ${indexes.length} secondary indexes; ${LIMIT.indexes} are allowed. ${idle.length > 0 ? `No route reads ${names(idle)}.` : 'Each is read by some route.'}`,
        meaning:
          'A query pays for an index once, when somebody thinks of it; every insert and every update that moves a row pays for all of them, always, and so do the cache and the backup.',
        lookAt:
          'an index that begins with all the columns of another, and routes that could share one.',
      });
    },
  );
  expect(
    idle.map(({ definition }) => definition),
    'indexes that no route reads',
  ).toEqual([]);
});

/** Meta of an order whose note is repeated, and then gets two more at the same time. */
async function severalNotes(
  postgres: PostgresProbe,
  service: StartedService,
  { id, tenant }: Picked = { id: 0, tenant: 0 },
): Promise<unknown> {
  const patch = (note: object): Promise<Answer> =>
    service.patch(`/v1/orders/${id}/meta`, note, by(tenant));
  (await patch({ note: 'call back' })).expect(200);
  // Somebody else holds the order, so that both have come before either can write.
  await using other = await postgres.session('administrator');
  await other.query('BEGIN');
  await other.query('SELECT FROM orders WHERE id = $1 FOR UPDATE', [id]);
  const notes = Promise.all([patch({ one: 1 }), patch({ other: 2 })]);
  // Awaited below; one that fails meanwhile is no stray rejection.
  notes.catch(() => {});
  await happens(
    async () => {
      const held = await postgres.locksHeld();
      return new Set(held.filter(({ granted }) => !granted).map(({ pid }) => pid)).size > 1;
    },
    { within: 2_000 },
  );
  await other.query('ROLLBACK');
  for (const answer of await notes) answer.expect(200);
  const [order] = await postgres.query<{ meta: unknown }>('SELECT meta FROM orders WHERE id = $1', [
    id,
  ]);
  return order?.meta;
}

test('a change of meta touches no index', async ({ postgres }) => {
  const changes = 100;
  const picked = await postgres.query<Picked>(
    `SELECT id::float8 AS id, tenant_id AS tenant FROM orders
      WHERE id % 7919 = 1 ORDER BY orders.id LIMIT $1`,
    [changes],
  );
  expect(picked, 'orders of the data').toHaveLength(changes);
  let meta: unknown;
  const { updates, hot } = await postgres.hot('orders', async (service) => {
    for (const { id, tenant } of picked) {
      (await service.patch(`/v1/orders/${id}/meta`, { note: 'call back' }, by(tenant))).expect(200);
    }
    meta = await severalNotes(postgres, service, picked[0]);
  });
  expect(
    meta,
    'meta after the same note twice, and then two different ones at the same time',
  ).toMatchObject({ note: 'call back', one: 1, other: 2 });
  const observed = `${hot} of ${updates} updates of meta were HOT`;
  expect(updates, 'rows updated by 100 changes of meta').toBeGreaterThanOrEqual(changes);
  await explain(
    () => {
      expect(hot, `${observed}; nine in ten must be`).toBeGreaterThanOrEqual(0.9 * updates);
    },
    async () => {
      const onMeta = secondary(await postgres.indexes()).filter(({ definition }) =>
        /\bmeta\b/u.test(definition.replace(/^.* USING /u, '')),
      );
      if (onMeta.length === 0) return;
      lesson('index-everything', {
        observed: `${observed}. These indexes hold meta: ${names(onMeta)}.`,
        meaning:
          'An update can stay on its page, without touching any index (HOT), only while no indexed column changes. One index on meta makes each change of it write to all indexes.',
        lookAt:
          'which route needs meta from that index, and what every change of a note now costs.',
      });
    },
  );
});

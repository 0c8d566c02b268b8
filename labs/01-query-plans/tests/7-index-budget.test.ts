import {
  type Answer,
  expect,
  explain,
  happens,
  type IndexInfo,
  judges,
  lesson,
  type PostgresProbe,
  type StartedService,
  test,
} from '@backend-labs/testkit';
import { LIMIT } from './support/limits.ts';
import { average, by, list, placeOrder, remove, STATUSES, TENANT } from './support/orders.ts';
import { definitionOf } from './support/plans.ts';

/** One request of each kind that the back office makes, for tenants large and small. */
async function everyRoute(service: StartedService, usual: number): Promise<void> {
  for (const tenant of [TENANT.whale, usual, TENANT.importer]) {
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

const secondary = (indexes: readonly IndexInfo[]): IndexInfo[] =>
  indexes.filter(({ table, primary }) => table === 'orders' && !primary);

const names = (indexes: readonly IndexInfo[]): string =>
  indexes.map((index) => `${index.name} ${definitionOf(index)}`).join(', ');

test(
  'orders has at most four indexes besides its primary key',
  judges('7.1'),
  async ({ postgres }) => {
    const indexes = secondary(await postgres.indexes());
    await explain(
      () => {
        expect(
          indexes.length,
          `secondary indexes of orders: ${names(indexes)}`,
        ).toBeLessThanOrEqual(LIMIT.indexes);
      },
      () => {
        lesson('index-everything', {
          observed: `orders has ${indexes.length} secondary indexes; ${LIMIT.indexes} are allowed. They are ${names(indexes)}.`,
          meaning:
            'A query pays for an index once, when somebody thinks of it; every insert and every update that moves a row pays for all of them, always, and so do the cache and the backup.',
          lookAt:
            'an index that begins with all the columns of another, and routes that could share one.',
        });
      },
    );
  },
);

test('some route reads each index of orders', judges('7.2'), async ({ draw, postgres }) => {
  const indexes = secondary(await postgres.indexes());
  const usual = average(draw);
  const plans = await postgres.plans((service) => everyRoute(service, usual));
  const read = new Set(plans.flatMap((plan) => plan.indexes));
  const idle = indexes.filter(({ name }) => !read.has(name));
  await explain(
    () => {
      expect(
        idle.map(({ definition }) => definition),
        'indexes that no route reads',
      ).toEqual([]);
    },
    () =>
      lesson('index-everything', {
        observed: `No route reads ${names(idle)}. All routes were asked, for tenants large and small.`,
        meaning:
          'An index that no query reads is not free: every insert writes to it, and every update that moves a row. It stays, because nobody dares to drop what might be for something.',
        lookAt: 'which question it was made for, and which index answers that question now.',
      }),
  );
});

test('a change of meta touches no index', judges('7.3'), async ({ draw, postgres }) => {
  const changes = 100;
  const picked = await postgres.query<{ id: number; tenant: number }>(
    `SELECT id::float8 AS id, tenant_id AS tenant FROM orders
      WHERE id % 7919 = $2 ORDER BY orders.id LIMIT $1`,
    [changes, draw.int(0, 7_918)],
  );
  expect(picked, 'orders of the data').toHaveLength(changes);
  const { updates, hot } = await postgres.hot('orders', async (service) => {
    for (const { id, tenant } of picked) {
      (await service.patch(`/v1/orders/${id}/meta`, { note: 'call back' }, by(tenant))).expect(200);
    }
  });
  const observed = `${hot} of ${updates} updates of meta were HOT`;
  expect(updates, 'rows of orders updated by 100 changes of meta').toBeGreaterThanOrEqual(changes);
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

const order = (tenant: number) =>
  ({ tenant, status: 'paid', cents: 100, placedAt: '2026-01-01T12:00:00Z' }) as const;

async function metaOf(postgres: PostgresProbe, id: number): Promise<unknown> {
  const [row] = await postgres.query<{ meta: unknown }>('SELECT meta FROM orders WHERE id = $1', [
    id,
  ]);
  return row?.meta;
}

test('no note is lost', judges('7.4'), async ({ draw, service, postgres }) => {
  const tenant = average(draw);
  const id = await placeOrder(postgres, order(tenant));
  const patch = (note: object): Promise<Answer> =>
    service.patch(`/v1/orders/${id}/meta`, note, by(tenant));
  (await patch({ note: 'call back', asked: 'Monday' })).expect(200);
  (await patch({ asked: null })).expect(200);
  // Somebody else holds the order, so that both have come before either can write.
  const other = await postgres.session('administrator');
  await other.query('BEGIN');
  await other.query('SELECT FROM orders WHERE id = $1 FOR UPDATE', [id]);
  const notes = Promise.all([patch({ one: 1 }), patch({ other: 2 })]);
  // Awaited below: without this, an early failure would end the process.
  notes.catch(() => {});
  await happens(
    async () => {
      const held = await postgres.locksHeld();
      return new Set(held.filter(({ granted }) => !granted).map(({ pid }) => pid)).size > 1;
    },
    { within: 2_000 },
  );
  await other.query('ROLLBACK');
  await other[Symbol.asyncDispose]();
  for (const answer of await notes) answer.expect(200);
  const meta = await metaOf(postgres, id);
  await remove(postgres, [id]);
  await explain(
    () => {
      expect(
        meta,
        'meta after { note: "call back", asked: "Monday" }, then { asked: null }, and then { one: 1 } and { other: 2 } at the same time',
      ).toEqual({ note: 'call back', asked: null, one: 1, other: 2 });
    },
    () => {
      const kept = Object.keys(meta ?? {})
        .filter((name) => name !== 'asked')
        .toSorted()
        .join(', ');
      if (kept === 'note, one, other' && !Object.hasOwn(meta ?? {}, 'asked')) {
        lesson('null-dropped', {
          observed: `A client wrote { "asked": null } over { "asked": "Monday" }, and the service answered 200. The order has ${JSON.stringify(meta)}.`,
          meaning:
            'In JSON null is a value: somebody wrote down that there is nothing. Without the key nobody can tell that from a note that was never made.',
          lookAt: 'what happens to the values of a note on their way into meta.',
        });
      }
      if (kept !== 'note, one' && kept !== 'note, other') return;
      lesson('note-lost', {
        observed: `Two notes were made at the same time, and the service answered 200 to both. The order has ${JSON.stringify(meta)}.`,
        meaning:
          'Each read meta before either had written it, put its own note in, and wrote the whole back. The second one wrote over the first.',
        lookAt:
          'what happens between reading meta and writing it, and whether one step could do both.',
      });
    },
  );
});

test(
  "a note on another tenant's order is a 404",
  judges('7.5'),
  async ({ draw, service, postgres }) => {
    const [owner = 0, stranger = 0] = draw.shuffle([average(draw), TENANT.whale]);
    const id = await placeOrder(postgres, order(owner));
    const { status } = await service.patch(`/v1/orders/${id}/meta`, { read: 'it' }, by(stranger));
    const meta = await metaOf(postgres, id);
    await remove(postgres, [id]);
    await explain(
      () => {
        expect(
          meta,
          `meta of an order of tenant ${owner}, after tenant ${stranger} made a note`,
        ).toEqual({});
        expect(status, `status of the answer to tenant ${stranger}`).toBe(404);
      },
      () => {
        if (status !== 200) return;
        lesson('tenant-forgotten', {
          observed: `Tenant ${stranger} made a note on order ${id} of tenant ${owner}. The answer was 200${JSON.stringify(meta) === '{}' ? '' : ', and the note is there'}.`,
          meaning:
            'The id finds the order alone, and does not say whose it is. Ids count up, so anybody can guess one that exists, read the order in the answer, and write to it.',
          lookAt: 'every statement of the service that does not name the tenant.',
        });
      },
    );
  },
);

import { each, expect, judges, lesson, explain, test } from '@backend-labs/testkit';
import { expectCheap } from './support/cost.ts';
import { cursorBehind, pageOf, pathOf, SHIPMENT } from './support/events.ts';
import { LIMIT } from './support/limits.ts';

const EVENTS = '/v1/events';
const WHALE = `/v1/shipments/${SHIPMENT.whale}/events`;
const OLD = `/v1/shipments/${SHIPMENT.old}/events`;

// First: nothing in this file has started the service yet.
test('the service makes no index', judges('3.3'), async ({ definition, postgres }) => {
  const before = await postgres.indexes();
  const migrated = before.map(({ name }) => name);
  await using service = await definition.start();
  for (const path of [EVENTS, WHALE]) (await service.get(`${path}?limit=20`)).expect(200);
  const made = (await postgres.indexes()).filter(({ name }) => !migrated.includes(name));
  await explain(
    () => {
      expect(
        made.map(({ definition: sql }) => sql),
        'indexes that were not there after npm run migrate, and were when the service ran',
      ).toEqual([]);
    },
    () =>
      lesson('index-at-start', {
        observed: `After npm run migrate the table had ${migrated.length} indexes. When the service had started, it also had ${made.map(({ name }) => name).join(', ')}.`,
        meaning:
          'An index of a large table takes minutes, and blocks writers while it is made in the usual way. Done at start-up, it happens in every deploy, in every instance at the same time, and the service does not listen until it is over.',
        lookAt: 'the step of a deploy that changes the database, and runs once.',
      }),
  );
  const own = before.filter(({ table, primary }) => !primary || !GIVEN.includes(table));
  expect(own.length, 'indexes that npm run migrate made').toBeGreaterThan(0);
});

/** Tables that are there before `npm run migrate` makes any, each with a primary key. */
const GIVEN = ['events', 'schema_migrations'];

test(
  'a first page of twenty is cheap on every list',
  judges('3.1'),
  async ({ service, postgres, draw }) => {
    const pages = [
      pathOf(EVENTS, { limit: 20 }),
      // Only among the oldest events.
      pathOf(EVENTS, { type: 'exception', limit: 20 }),
      pathOf(EVENTS, { type: draw.pick(TYPES), limit: 20 }),
      pathOf(EVENTS, { since: '2026-01-10T00:00:00+01:00', limit: 20 }),
      pathOf(EVENTS, { type: draw.pick(TYPES), since: '2026-01-20T00:00:00Z', limit: 20 }),
      pathOf(WHALE, { limit: 20 }),
      pathOf(OLD, { limit: 20 }),
      pathOf(`/v1/shipments/${draw.int(100, 15_000)}/events`, { limit: 20 }),
    ];
    await each('pages', pages, async (path) => {
      const { result, buffers } = await postgres.measure(() => service.get(path));
      pageOf(result);
      await expectCheap(postgres, { buffers, limit: LIMIT.page, path });
    });
  },
);

const TYPES = ['created', 'picked_up', 'in_transit', 'delivered'] as const;

test('a page far down the list is as cheap', judges('3.2'), async ({ service, postgres }) => {
  const lists = [
    [EVENTS, 20_000],
    [WHALE, 5_000],
  ] as const;
  await each('pages', lists, async ([list, behind]) => {
    const cursor = await cursorBehind(service, list, behind);
    const path = pathOf(list, { limit: 20, cursor });
    const { result, buffers } = await postgres.measure(() => service.get(path));
    pageOf(result);
    await expectCheap(postgres, { buffers, limit: LIMIT.page, path });
  });
});

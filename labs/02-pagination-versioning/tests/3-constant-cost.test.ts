import { expect, test } from '@backend-labs/testkit';
import { expectCheap } from './support/cost.ts';
import { cursorBehind, pageOf, pathOf, SHIPMENT } from './support/events.ts';
import { LIMIT } from './support/limits.ts';

interface List {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** How many events are walked over before the page that is measured. */
  readonly behind: readonly number[];
}

const LISTS: readonly List[] = [
  { path: '/v1/events', behind: [0, 20_000] },
  // Only among the oldest events.
  { path: '/v1/events', query: { type: 'exception' }, behind: [0] },
  { path: '/v1/events', query: { type: 'in_transit' }, behind: [0] },
  { path: '/v1/events', query: { since: '2026-01-10T00:00:00+01:00' }, behind: [0] },
  { path: `/v1/shipments/${SHIPMENT.whale}/events`, behind: [0, 5000] },
  { path: `/v1/shipments/${SHIPMENT.old}/events`, behind: [0] },
  { path: '/v1/shipments/4711/events', behind: [0] },
];

test('a page of twenty costs the same wherever it is', async ({ definition, postgres }) => {
  const migrated = (await postgres.indexes()).map(({ name }) => name);
  await using service = await definition.start();
  for (const { path, query, behind } of LISTS) {
    for (const events of behind) {
      const cursor = await cursorBehind(service, path, events, query);
      const page = pathOf(path, { ...query, limit: 20, ...(cursor && { cursor }) });
      const { result, buffers } = await postgres.measure(() => service.get(page));
      pageOf(result);
      await expectCheap(postgres, { buffers, limit: LIMIT.page, path: page });
    }
  }
  const made = (await postgres.indexes()).filter(({ name }) => !migrated.includes(name));
  expect(
    made.map(({ definition: sql }) => sql),
    'indexes that were not there after npm run migrate, and were when the service ran',
  ).toEqual([]);
});

import { type Answer, expect, explain, lesson, test, thousands } from '@backend-labs/testkit';
import { diagnoseWalk } from './support/diagnose-walk.ts';
import { cursorOf, pathOf, readPage, SHIPMENT } from './support/events.ts';
import { busy, type List, rowsOf, walk } from './support/walk.ts';

/** The last upload, 588 events: pages of 100 end among ties and within milliseconds. */
const SINCE = '2026-02-07T10:00:00Z';

const LISTS: readonly List[] = [
  {
    path: '/v1/events',
    query: { since: SINCE, limit: 100 },
    condition: `occurred_at >= '${SINCE}'`,
  },
  {
    path: `/v1/shipments/${SHIPMENT.recent}/events`,
    query: { limit: 50 },
    condition: `shipment_id = ${SHIPMENT.recent}`,
  },
];

/** Whatever its type: that v1 has numbers is judged by task 5. */
const idOf = ({ id }: { id: unknown }): number => Number(id);

test('a walk shows each event once while others write', async ({ service, postgres }) => {
  for (const list of LISTS) {
    const there = await rowsOf(postgres, list);
    expect(there.length, `events of ${list.path} in the data`).toBeGreaterThan(250);
    const half = Math.floor(there.length / Number(list.query['limit']) / 2);
    const others = busy(postgres, half, SHIPMENT.recent);
    const pages = await walk(service, list, there.length, others);
    const ids = pages.flat().map(idOf);
    const seen = new Set(ids);
    const missing = there.map(({ id }) => id).filter((id) => !seen.has(id));
    const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
    const request = `GET ${pathOf(list.path, list.query)}`;
    await explain(
      () => {
        expect(
          { missing: missing.length, repeated: repeated.length },
          `${request}, walked to its end while others wrote: events that never came, and that came twice, of ${thousands(there.length)}`,
        ).toEqual({ missing: 0, repeated: 0 });
      },
      () => diagnoseWalk(service, postgres, { list, there, pages, missing, repeated }),
    );
    const times = pages.flat().map(({ ts }) => ts);
    expect(times, `ts of ${request}, newest first`).toEqual(times.toSorted().toReversed());
  }
});

test('the event that a page ended with may go', async ({ service, postgres }) => {
  const path = '/v1/events';
  const first = await readPage(service, path, { type: 'delivered', limit: 25 });
  const next = pathOf(path, {
    type: 'delivered',
    limit: 25,
    cursor: cursorOf(first, 'the first page'),
  });
  const idsIn = (answer: Answer): unknown =>
    answer.status === 200
      ? (answer.body as { items: { id: number }[] }).items.map(({ id }) => id)
      : answer.text;
  const before = idsIn(await service.get(next));
  await postgres.query('DELETE FROM events WHERE id = $1', [first.items.at(-1)?.id]);
  const answer = await service.get(next);
  const after = idsIn(answer);
  await explain(
    () => {
      expect(after, 'the second page, after the last event of the first was deleted').toEqual(
        before,
      );
    },
    () => {
      const lost = answer.status !== 200 || (Array.isArray(after) && after.length === 0);
      if (!lost || !Array.isArray(before) || before.length === 0) return;
      lesson('cursor-names-a-row', {
        observed: `The second page had ${before.length} events. Then the last event of the first page was deleted, and the same request answered ${answer.status} ${Array.isArray(after) ? 'without any event' : String(after).slice(0, 80)}.`,
        meaning:
          'The cursor names an event, and its place in the order has to be looked up in the table. When the event is gone, so is the place, and the client believes that it has seen everything.',
        lookAt: 'a cursor that carries the place itself.',
      });
    },
  );
});

test('a cursor is good for its own list only', async ({ service }) => {
  const list = { type: 'in_transit', limit: 20 };
  const cursor = cursorOf(await readPage(service, '/v1/events', list), 'GET /v1/events');
  const other = cursor.replace(/./gu, (each, at) =>
    at === Math.floor(cursor.length / 2) ? (each === 'A' ? 'B' : 'A') : each,
  );
  const ours = { ...list, cursor };
  const since = '2026-01-20T00:00:00Z';
  const uses: readonly (readonly [what: string, path: string])[] = [
    ['of another type', pathOf('/v1/events', { ...ours, type: 'delivered' })],
    ['without the type', pathOf('/v1/events', { limit: 20, cursor })],
    ['with a since', pathOf('/v1/events', { ...ours, since })],
    ['of a shipment', pathOf(`/v1/shipments/${SHIPMENT.whale}/events`, { cursor })],
    ['with one character changed', pathOf('/v1/events', { ...list, cursor: other })],
    ['cut in half', pathOf('/v1/events', { ...list, cursor: cursor.slice(0, cursor.length / 2) })],
  ];
  (await service.get(pathOf('/v1/events', { ...ours, limit: 7 }))).expect(200);
  for (const [what, path] of uses) {
    const { status, request } = await service.get(path);
    await explain(
      () => {
        expect(status, `status of ${request}: the cursor of another list, ${what}`).toBe(400);
      },
      () => {
        const inside = Buffer.from(cursor, 'base64url').toString();
        if (!/^[\u0020-\u007E]+$/u.test(inside)) return;
        lesson('naked-cursor', {
          observed: `A cursor of type=in_transit was used ${what}, and the answer was ${status}. Decoded from base64 it reads ${inside}`,
          meaning:
            'Nothing in it tells where it is from, so it is taken at its word: in another list it skips events in silence, and a broken one gets as far as the database. And what clients can read they will build on.',
          lookAt: 'how a cursor can know its version and filters, and show that it is whole.',
        });
      },
    );
  }

  const whale = `/v1/shipments/${SHIPMENT.whale}/events`;
  const theirs = cursorOf(await readPage(service, whale, { limit: 20 }), `GET ${whale}`);
  const recent = `/v1/shipments/${SHIPMENT.recent}/events`;
  const { status } = await service.get(pathOf(recent, { limit: 20, cursor: theirs }));
  expect(status, `status of GET ${recent} with a cursor of GET ${whale}`).toBe(400);
});

import { type Answer, expect, explain, lesson, test, thousands } from '@backend-labs/testkit';
import { diagnoseWalk } from './support/diagnose-walk.ts';
import { cursorOf, pageOf, pathOf, readPage, recordEvent, SHIPMENT } from './support/events.ts';
import { expectProblem } from './support/problem.ts';
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
    const instants = new Map(there.map(({ id, at }) => [id, at]));
    const strange = ids.filter((id) => !instants.has(id));
    expect(strange, `ids of ${request}, walked to its end, that the list does not have`).toEqual(
      [],
    );
    const times = ids.map((id) => instants.get(id) ?? '');
    const late = times.findIndex((at, index) => index > 0 && at > (times[index - 1] ?? ''));
    expect(
      late < 0 ? 'newest first' : `${times[late]} behind ${times[late - 1]}`,
      `occurred_at of the events of ${request}, in their order`,
    ).toBe('newest first');
  }
});

test('since keeps what occurred then, and nothing earlier', async ({ service, postgres }) => {
  const since = '2026-03-05T00:00:00.123456Z';
  // The later one has the lower id, and both are of one millisecond.
  const id = await recordEvent(postgres, { at: since });
  const earlier = await recordEvent(postgres, { at: '2026-03-05T00:00:00.123400Z' });
  const idsSince = async (instant: string): Promise<unknown> =>
    (await readPage(service, '/v1/events', { since: instant })).items.map(idOf);
  const occurred = `${id} occurred then, ${earlier} some microseconds earlier`;
  expect(await idsSince(since), `ids of GET /v1/events?since=${since}; ${occurred}`).toEqual([id]);
  const millisecond = '2026-03-05T00:00:00.123Z';
  expect(
    await idsSince(millisecond),
    `ids of GET /v1/events?since=${millisecond}, newest first; ${id} occurred at ${since}, ${earlier} some microseconds earlier`,
  ).toEqual([id, earlier]);
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

test('what is left of a list may be nothing', async ({ service, postgres }) => {
  const path = `/v1/shipments/${SHIPMENT.twenty}/events`;
  const first = await readPage(service, path, { limit: 10 });
  const next = pathOf(path, { limit: 10, cursor: cursorOf(first, 'the first ten of twenty') });
  const seen = first.items.map(idOf);
  await postgres.query('DELETE FROM events WHERE shipment_id = $1 AND id <> ALL ($2::bigint[])', [
    SHIPMENT.twenty,
    seen,
  ]);
  const { items, nextCursor } = pageOf(await service.get(next));
  expect(
    { items, nextCursor },
    `GET ${next}, after all behind the first page was deleted; the shipment still has ten events`,
  ).toEqual({ items: [], nextCursor: null });
});

test('another instance takes the cursor', async ({ service, definition }) => {
  const list = { type: 'in_transit', limit: 20 };
  const cursor = cursorOf(await readPage(service, '/v1/events', list), 'GET /v1/events');
  const next = pathOf('/v1/events', { ...list, cursor });
  const here = await service.get(next);
  await using other = await definition.start();
  const there = await other.get(next);
  await explain(
    () => {
      expect(there.text, `GET ${next}, from another instance than issued the cursor`).toBe(
        expectedFrom(here, there),
      );
    },
    () => {
      if (here.status !== 200 || there.status !== 400) return;
      lesson('cursor-of-one-process', {
        observed: `The instance that issued a cursor answers it with ${here.status}. Another one, started later with the same environment, answers ${there.status}: ${there.text.slice(0, 120)}`,
        meaning:
          'What tells a cursor of ours from others lives in the memory of one process. With each deploy, and with each request that a balancer sends elsewhere, every walk under way is thrown back to its beginning.',
        lookAt: 'what all instances have in common, and still have after a restart.',
      });
    },
  );
});

/** The same text but for cursors, which may be new each time they are written. */
const expectedFrom = (here: Answer, there: Answer): string => {
  const cursorIn = /"nextCursor":\s*"[^"]*"/u;
  const [cursor] = cursorIn.exec(there.text) ?? [];
  return cursor === undefined ? here.text : here.text.replace(cursorIn, () => cursor);
};

test('a cursor is good whatever is no filter', async ({ service }) => {
  const list = { type: 'in_transit', limit: 20 };
  const cursor = cursorOf(await readPage(service, '/v1/events', list), 'GET /v1/events');
  for (const [more, what] of [
    [{ limit: 7 }, 'another limit'],
    [{ count: 'estimate' }, 'a count'],
    [{ _: '1767571200' }, 'a parameter that we never asked for'],
  ] as const) {
    const answer = await service.get(pathOf('/v1/events', { ...list, cursor, ...more }));
    await explain(
      () => {
        expect(
          answer.status,
          `status of ${answer.request}: the cursor of this list, with ${what}`,
        ).toBe(200);
      },
      async () => {
        const bare = await service.get(pathOf('/v1/events', { ...list, cursor }));
        const begun = await service.get(pathOf('/v1/events', { ...list, ...more }));
        if (answer.status !== 400 || bare.status !== 200 || begun.status !== 200) return;
        lesson('cursor-of-one-request', {
          observed: `A cursor was used with ${what}, and the answer was 400. Without it the answer is ${bare.status}, and without the cursor ${begun.status}.`,
          meaning:
            'A cursor has to know the list that it is a place in. Which page is asked for, and what else a client sends along, makes no other list; a client with a new cache buster on each page never gets to its second.',
          lookAt: 'which parameters decide what events a list has.',
        });
      },
    );
  }
});

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** One character changed, to its neighbour in base64, which differs in the lowest bit only. */
function changed(cursor: string, at: number): string {
  const place = Math.max(0, ALPHABET.indexOf(cursor.charAt(at)));
  return cursor.slice(0, at) + ALPHABET.charAt(place ^ 1) + cursor.slice(at + 1);
}

test('a cursor is good for its own list only', async ({ service }) => {
  const events = '/v1/events';
  const whale = `/v1/shipments/${SHIPMENT.whale}/events`;
  const recent = `/v1/shipments/${SHIPMENT.recent}/events`;
  const issued = async (path: string, query: Record<string, string>): Promise<string> =>
    cursorOf(await readPage(service, path, { limit: 20, ...query }), `GET ${pathOf(path, query)}`);
  const list = { type: 'in_transit', limit: 20 };
  const since = '2026-01-20T00:00:00Z';
  const cursor = await issued(events, { type: 'in_transit' });
  const later = await issued(events, { type: 'in_transit', since });
  const ofWhale = await issued(whale, {});
  // Of another length: in one of the two the last character has bits that a careless reader drops.
  const rare = await issued(events, { type: 'exception' });
  const broken = [0, cursor.length >> 2, cursor.length >> 1, cursor.length - 1].map(
    (at) =>
      [
        `character ${at + 1} of its ${cursor.length} changed`,
        pathOf(events, { ...list, cursor: changed(cursor, at) }),
      ] as const,
  );
  const uses: readonly (readonly [what: string, path: string])[] = [
    ['the cursor of another type', pathOf(events, { ...list, cursor, type: 'delivered' })],
    ['the cursor of a type', pathOf(events, { limit: 20, cursor })],
    ['the cursor of a list without a since', pathOf(events, { ...list, cursor, since })],
    ['the cursor of another since', pathOf(events, { ...list, cursor: later, since: SINCE })],
    ['the cursor of a list with a since', pathOf(events, { ...list, cursor: later })],
    ['the cursor of all shipments', pathOf(whale, { cursor })],
    ['the cursor of another shipment', pathOf(recent, { cursor: ofWhale })],
    ...broken,
    [
      'the last character of its cursor changed',
      pathOf(events, { type: 'exception', limit: 20, cursor: changed(rare, rare.length - 1) }),
    ],
    ['half of its cursor', pathOf(events, { ...list, cursor: cursor.slice(0, cursor.length / 2) })],
    [
      'a cursor that lacks its last character',
      pathOf(events, { ...list, cursor: cursor.slice(0, -1) }),
    ],
  ];
  for (const [what, path] of uses) {
    const answer = await service.get(path);
    await explain(
      async () => {
        await expectProblem(answer, 400, 'invalid-cursor', what);
      },
      async () => {
        const inside = Buffer.from(cursor, 'base64url').toString();
        if (what !== uses[0]?.[0] || answer.status !== 200) return;
        if (!/^[ -~]+$/u.test(inside)) return;
        const answers = await Promise.all(broken.map(([, each]) => service.get(each)));
        if (answers.every(({ status }) => status === 400)) return;
        lesson('naked-cursor', {
          observed: `A cursor of type=in_transit was used for another type, and the answer was ${answer.status}; so was one with a character changed, ${answers.map(({ status }) => status).join(', ')} by its place. Decoded from base64 it reads ${inside}`,
          meaning:
            'Nothing in it tells where it is from, so it is taken at its word: in another list it skips events in silence, and a broken one gets as far as the database. And what clients can read they will build on.',
          lookAt: 'how a cursor can know its version and filters, and show that it is whole.',
        });
      },
    );
  }
  // More were refused than the pool has connections: none of them may have kept one.
  (await service.get(pathOf(events, { ...list, cursor }))).expect(200);
});

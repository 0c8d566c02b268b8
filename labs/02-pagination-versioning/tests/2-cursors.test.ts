import { type Answer, each, expect, explain, judges, lesson, test } from '@backend-labs/testkit';
import { nakedCursor, refusesTheUnknown } from './support/diagnose-cursor.ts';
import { cursorOf, pageOf, pathOf, readPage, recordEvent, SHIPMENT } from './support/events.ts';
import { expectProblem } from './support/problem.ts';
import {
  expectNewestFirst,
  expectWholeWalk,
  idOf,
  LAST_UPLOAD,
  RAGGED,
} from './support/whole-walk.ts';

const EVENTS = '/v1/events';
const WHALE = `/v1/shipments/${SHIPMENT.whale}/events`;
const RECENT = `/v1/shipments/${SHIPMENT.recent}/events`;

/** Types with many pages of events. */
const TYPES = ['created', 'picked_up', 'in_transit', 'delivered'] as const;

test(
  'a walk shows each event once while others write',
  judges('2.1'),
  async ({ service, postgres, draw }) => {
    const lists = [
      {
        path: EVENTS,
        query: { since: LAST_UPLOAD, limit: draw.pick(RAGGED) },
        condition: `occurred_at >= '${LAST_UPLOAD}'`,
      },
      {
        path: RECENT,
        query: { limit: draw.int(40, 60) },
        condition: `shipment_id = ${SHIPMENT.recent}`,
      },
    ];
    await each('lists', lists, (list) => expectWholeWalk(service, postgres, list));
  },
);

test('events come newest first', judges('2.2'), async ({ service, postgres, draw }) => {
  const limit = draw.int(900, 1000);
  await each('lists', [EVENTS, pathOf(EVENTS, { type: draw.pick(TYPES) }), WHALE], async (list) => {
    const [path = '', search] = list.split('?');
    const query = { ...Object.fromEntries(new URLSearchParams(search)), limit };
    const ids: number[] = [];
    let cursor = '';
    for (let page = 1; page <= 3; page += 1) {
      const { items, nextCursor } = await readPage(service, path, {
        ...query,
        ...(cursor && { cursor }),
      });
      ids.push(...items.map(idOf));
      cursor = nextCursor ?? '';
    }
    await expectNewestFirst(postgres, ids, `three pages of GET ${pathOf(path, query)}`);
  });
});

test(
  'since keeps what occurred then, and nothing earlier',
  judges('2.3'),
  async ({ service, postgres, draw }) => {
    const millisecond = `2026-03-05T00:00:00.${draw.int(100, 899)}`;
    const since = `${millisecond}${draw.int(500, 999)}Z`;
    const before = `${millisecond}${draw.int(100, 499)}Z`;
    const id = await recordEvent(postgres, { at: since });
    const earlier = await recordEvent(postgres, { at: before });
    const idsSince = async (instant: string): Promise<number[]> =>
      (await readPage(service, EVENTS, { since: instant })).items
        .map(idOf)
        .toSorted((a, b) => a - b);
    const occurred = `${id} occurred then, ${earlier} some microseconds earlier`;
    const shown = await idsSince(since);
    await explain(
      () => {
        expect(shown, `ids of GET ${EVENTS}?since=${since}; ${occurred}`).toEqual([id]);
      },
      () => {
        if (shown.join() !== [id, earlier].join()) return;
        lesson('since-cut', {
          observed: `GET ${EVENTS}?since=${since} shows an event of ${before}, which is earlier, and of the same millisecond.`,
          meaning:
            'The column has microseconds, and a JavaScript Date has milliseconds. What goes through one on its way to the database loses its last digits, and the filter begins too early.',
          lookAt: 'the value of since on its way from the request to the statement.',
        });
      },
    );
    // The same instant, as partners in three other zones write it.
    const elsewhere = [
      since.replace('T00:00', 'T05:30').replace('Z', '+05:30'),
      since.replace('T00:00', 'T14:00').replace('Z', '+14:00'),
      since.replace('05T00:00', '04T14:30').replace('Z', '-09:30'),
    ];
    await each('spellings of one instant', elsewhere, async (spelling) => {
      expect(
        await idsSince(spelling),
        `ids of GET ${EVENTS}?since=${spelling}, with its plus sign encoded; ${occurred}`,
      ).toEqual([id]);
    });
    expect(
      await idsSince(`${millisecond}Z`),
      `ids of GET ${EVENTS}?since=${millisecond}Z; ${id} occurred at ${since}, ${earlier} at ${before}`,
    ).toEqual([id, earlier]);
    // What a client in C# or Go sends for "since ever".
    const ever = '0001-01-01T00:00:00Z';
    const { items } = await readPage(service, EVENTS, { since: ever, limit: 2 });
    expect(
      items.map(idOf).toSorted((a, b) => a - b),
      `ids of GET ${EVENTS}?since=${ever}&limit=2; the newest events are ${id} and ${earlier}`,
    ).toEqual([id, earlier]);
  },
);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** One character changed, to its neighbour in base64, which differs in the lowest bit only. */
function changed(cursor: string, at: number): string {
  const place = Math.max(0, ALPHABET.indexOf(cursor.charAt(at)));
  return cursor.slice(0, at) + ALPHABET.charAt(place ^ 1) + cursor.slice(at + 1);
}

test('a cursor is good for its own list only', judges('2.4'), async ({ service, draw }) => {
  const issued = async (path: string, query: Record<string, string>): Promise<string> =>
    cursorOf(await readPage(service, path, { limit: 20, ...query }), `GET ${pathOf(path, query)}`);
  const [type = '', another = ''] = draw.shuffle(TYPES);
  const list = { type, limit: 20 };
  const since = '2026-01-20T00:00:00Z';
  const cursor = await issued(EVENTS, { type });
  const later = await issued(EVENTS, { type, since });
  const ofWhale = await issued(WHALE, {});
  // Of another length: in one of the two the last character has bits that a careless reader drops.
  const rare = await issued(EVENTS, { type: 'exception' });
  const broken = [0, cursor.length >> 2, cursor.length >> 1, cursor.length - 1].map(
    (at) =>
      [
        `character ${at + 1} of its ${cursor.length} changed`,
        pathOf(EVENTS, { ...list, cursor: changed(cursor, at) }),
      ] as const,
  );
  const uses: readonly (readonly [what: string, path: string])[] = [
    ['the cursor of another type', pathOf(EVENTS, { ...list, cursor, type: another })],
    ['the cursor of a type', pathOf(EVENTS, { limit: 20, cursor })],
    ['the cursor of a list without a since', pathOf(EVENTS, { ...list, cursor, since })],
    ['the cursor of another since', pathOf(EVENTS, { ...list, cursor: later, since: LAST_UPLOAD })],
    ['the cursor of a list with a since', pathOf(EVENTS, { ...list, cursor: later })],
    ['the cursor of all shipments', pathOf(WHALE, { cursor })],
    ['the cursor of a shipment', pathOf(EVENTS, { cursor: ofWhale })],
    ['the cursor of another shipment', pathOf(RECENT, { cursor: ofWhale })],
    ...broken,
    [
      'the last character of its cursor changed',
      pathOf(EVENTS, { type: 'exception', limit: 20, cursor: changed(rare, rare.length - 1) }),
    ],
    ['half of its cursor', pathOf(EVENTS, { ...list, cursor: cursor.slice(0, cursor.length / 2) })],
    [
      'a cursor that lacks its last character',
      pathOf(EVENTS, { ...list, cursor: cursor.slice(0, -1) }),
    ],
    ['its cursor and one more letter', pathOf(EVENTS, { ...list, cursor: `${cursor}A` })],
    ['its cursor, a dot and one more letter', pathOf(EVENTS, { ...list, cursor: `${cursor}.A` })],
  ];
  await each('cursors', uses, async ([what, path]) => {
    const answer = await service.get(path);
    await explain(
      async () => {
        await expectProblem(answer, 400, 'invalid-cursor', `${what}, in ${answer.request}`);
      },
      async () => {
        if (path !== uses[0]?.[1] || answer.status !== 200) return;
        const answers = await Promise.all(broken.map(([, use]) => service.get(use)));
        if (answers.every(({ status }) => status === 400)) return;
        nakedCursor(
          cursor,
          `A cursor of type=${type} was used for another type, and the answer was ${answer.status}; so was one with a character changed, ${answers.map(({ status }) => status).join(', ')} by its place.`,
        );
      },
    );
  });
});

test(
  'a cursor stays good when only other parameters change',
  judges('2.5'),
  async ({ service, draw }) => {
    const list = { type: draw.pick(TYPES), limit: 20 };
    const cursor = cursorOf(await readPage(service, EVENTS, list), `GET ${pathOf(EVENTS, list)}`);
    const buster = {
      [draw.pick(['_', 'cb', 'nocache'])]: String(draw.int(1_767_000_000, 1_768_000_000)),
    };
    const others = [
      [{ limit: draw.int(5, 15) }, 'another limit'],
      [{ count: 'estimate' }, 'a count'],
      [buster, 'a parameter that we never asked for'],
    ] as const;
    await each('requests', others, async ([more, what]) => {
      const answer = await service.get(pathOf(EVENTS, { ...list, cursor, ...more }));
      await explain(
        () => {
          expect(
            answer.status,
            `status of ${answer.request}: the cursor of this list, with ${what}`,
          ).toBe(200);
        },
        async () => {
          const bare = await service.get(pathOf(EVENTS, { ...list, cursor }));
          const begun = await service.get(pathOf(EVENTS, { ...list, ...more }));
          if (more === buster) await refusesTheUnknown(service, EVENTS, list, buster);
          if (answer.status !== 400 || bare.status !== 200 || begun.status !== 200) return;
          lesson('cursor-of-one-request', {
            observed: `A cursor was used with ${what}, and the answer was 400. Without it the answer is ${bare.status}, and without the cursor ${begun.status}.`,
            meaning:
              'A cursor has to know the list that it is a place in. The number of events on a page, or a parameter that the service ignores, does not change the list. A client that sends a new cache buster with each page never gets to its second page.',
            lookAt: 'which parameters decide what events a list has.',
          });
        },
      );
    });
  },
);

test('another instance takes a cursor', judges('2.6'), async ({ service, definition, draw }) => {
  const list = { type: draw.pick(TYPES), limit: 20 };
  const cursor = cursorOf(await readPage(service, EVENTS, list), `GET ${pathOf(EVENTS, list)}`);
  const next = pathOf(EVENTS, { ...list, cursor });
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
          'The key that tells our cursors from others is in the memory of one process. After each deploy, and after each request that a balancer sends to another instance, a walk has to begin again.',
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

test(
  'a cursor outlives the event that its page ended with',
  judges('2.7'),
  async ({ service, postgres, draw }) => {
    const list = { type: draw.pick(TYPES), limit: draw.int(15, 30) };
    const first = await readPage(service, EVENTS, list);
    const next = pathOf(EVENTS, { ...list, cursor: cursorOf(first, 'the first page') });
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
  },
);

test(
  'a page is empty if the rest of its list is deleted',
  judges('2.8'),
  async ({ service, postgres, draw }) => {
    const path = `/v1/shipments/${SHIPMENT.twenty}/events`;
    const limit = draw.int(5, 15);
    const first = await readPage(service, path, { limit });
    const next = pathOf(path, { limit, cursor: cursorOf(first, `the first ${limit} of twenty`) });
    await postgres.query('DELETE FROM events WHERE shipment_id = $1 AND id <> ALL ($2::bigint[])', [
      SHIPMENT.twenty,
      first.items.map(idOf),
    ]);
    const answer = await service.get(next);
    await explain(
      () => {
        const { items, nextCursor } = pageOf(answer);
        expect(
          { items, nextCursor },
          `GET ${next}, after all behind the first page was deleted; the shipment still has ${limit} events`,
        ).toEqual({ items: [], nextCursor: null });
      },
      () => {
        if (answer.status !== 404) return;
        lesson('end-taken-for-unknown', {
          observed: `The shipment has ${limit} events, and its first page shows them. All events behind them were deleted, and the second page answers 404.`,
          meaning:
            'An empty page does not mean that the shipment has no events. A client at the end of its walk is answered that the shipment which it has just read does not exist.',
          lookAt: 'what an empty page means with a cursor, and what it means without one.',
        });
      },
    );
  },
);

test('a page is empty when no event passes the filters', judges('2.8'), async ({ service }) => {
  const lists = [
    { since: '2035-01-01T00:00:00Z' },
    { since: '9999-12-31T23:59:59Z' },
    { type: 'exception', since: LAST_UPLOAD },
  ];
  await each('lists', lists, async (filters) => {
    const { items, nextCursor } = await readPage(service, EVENTS, filters);
    expect({ items, nextCursor }, `GET ${pathOf(EVENTS, filters)}`).toEqual({
      items: [],
      nextCursor: null,
    });
  });
});

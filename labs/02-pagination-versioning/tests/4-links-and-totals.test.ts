import { each, expect, explain, judges, lesson, test, thousands } from '@backend-labs/testkit';
import { expectCheap } from './support/cost.ts';
import { ignoredCount } from './support/diagnose-count.ts';
import { refusesTheUnknown } from './support/diagnose-cursor.ts';
import { cursorBehind, cursorOf, pageOf, pathOf, readPage, SHIPMENT } from './support/events.ts';
import { LIMIT } from './support/limits.ts';
import { linksOf, linkTo } from './support/links.ts';
import { expectKept, nextPath, nextTarget, type Query } from './support/next-link.ts';
import { expectProblem } from './support/problem.ts';
import { countOf, expectClose } from './support/totals.ts';

const EVENTS = '/v1/events';
const RECENT = `/v1/shipments/${SHIPMENT.recent}/events`;
const TWENTY = `/v1/shipments/${SHIPMENT.twenty}/events`;
const WHALE = `/v1/shipments/${SHIPMENT.whale}/events`;
const LAST_UPLOAD = '2026-02-07T10:00:00Z';

test('each page links to the next one', judges('4.1'), async ({ service, draw }) => {
  const limit = draw.int(10, 40);
  await each('lists', [EVENTS, RECENT], async (list) => {
    let path = pathOf(list, { limit });
    for (let page = 1; page <= 3; page += 1) {
      const answer = await service.get(path);
      const cursor = cursorOf(pageOf(answer), answer.request);
      const linked = await explained(
        () => nextPath(answer, service.url),
        async () => {
          const other = await service.get(pathOf(list === EVENTS ? RECENT : EVENTS, { limit }));
          if (linksOf(answer).length > 0 || linkTo(other, 'next') === undefined) return;
          lesson('link-on-one-route', {
            observed: `${other.request} links to its next page. ${answer.request} has more pages, and no link.`,
            meaning:
              'A client that follows links does so on every list. Where the link is missing it takes the first page for the last one, and nothing says that anything is missing.',
            lookAt: 'the place that both lists pass when they write a page.',
          });
        },
      );
      const next = pageOf(await service.get(linked)).items[0]?.id;
      const wanted = pageOf(await service.get(pathOf(list, { limit, cursor }))).items[0]?.id;
      expect(next, `id of the first event behind the next link of ${answer.request}`).toBe(wanted);
      path = pathOf(list, { limit, cursor });
    }
  });
});

/** `explain`, for an assertion that finds something. */
async function explained<T>(find: () => T, diagnose: () => Promise<void>): Promise<T> {
  const found: T[] = [];
  await explain(() => void found.push(find()), diagnose);
  return found[0] as T;
}

test(
  'a link is a whole URL on the host that was asked',
  judges('4.2'),
  async ({ service, draw }) => {
    const host = `${draw.word()}.partner.example:${draw.int(1025, 9999)}`;
    // Anybody may send the other header, and none of our proxies does.
    const elsewhere = `${draw.word()}.elsewhere.example`;
    const headers = { host, 'x-forwarded-host': elsewhere };
    await each('lists', [EVENTS, RECENT], async (list) => {
      const answer = await service.get(pathOf(list, { limit: 5 }), { headers });
      const target = nextTarget(answer);
      const url = URL.parse(target);
      await explain(
        () => {
          const what = `rel="next" of ${answer.request}, asked with Host: ${host}: ${target}; where it points`;
          expect(url?.origin ?? 'not an absolute URL', what).toBe(`http://${host}`);
        },
        () => {
          if (url?.host !== elsewhere) return;
          lesson('trusts-forwarded-host', {
            observed: `A request with Host: ${host} and X-Forwarded-Host: ${elsewhere} got a link to ${elsewhere}.`,
            meaning:
              'Any client can send that header. None of our proxies overwrites it, so a stranger decides where the links in our answers lead, and a shared cache may keep such an answer for everybody.',
            lookAt: 'which proxies this service trusts, and what its framework does with that.',
          });
        },
      );
    });
  },
);

test('a link keeps what was asked', judges('4.3'), async ({ service, draw }) => {
  // The plus sign of a partner in Madrid must be encoded in a link.
  const filters: Query = [
    ['type', draw.pick(['created', 'picked_up', 'in_transit', 'delivered'])],
    ['since', '2026-02-01T01:00:00+01:00'],
    ['limit', String(draw.int(5, 40))],
    ['count', 'estimate'],
  ];
  const unknown: Query = [
    ['source', `night sync ${draw.word()}`],
    ['tag', draw.word()],
    ['tag', draw.word()],
    ['note', ''],
    ['flag', ''],
  ];
  const shipment = filters.filter(([name]) => name === 'limit' || name === 'count');
  const lists: readonly (readonly [path: string, query: Query])[] = [
    [EVENTS, filters],
    [EVENTS, [...filters, ...unknown]],
    [RECENT, [...shipment, ...unknown]],
  ];
  await each('lists', lists, async ([list, query]) => {
    const search = new URLSearchParams(query.map((pair) => [...pair])).toString();
    // A flag is often sent without the equals sign.
    let path = `${list}?${search.replace(/&flag=$/u, '&flag')}`;
    for (let page = 1; page <= 3; page += 1) {
      const answer = await service.get(path);
      await explain(
        () => {
          expect(answer.status, `status of ${answer.request}`).toBe(200);
        },
        () => refusesTheUnknown(service, list, { limit: 5 }, { source: 'night sync' }),
      );
      path = nextPath(answer, service.url);
      await expectKept(query, path);
    }
  });
});

/** Lists that end with a full page, at two pages: the last upload has 588 events. */
const HALVES = [
  [TWENTY, { limit: 10 }],
  [EVENTS, { since: LAST_UPLOAD, limit: 294 }],
] as const;

test('the last page has no next link, even if it is full', judges('4.4'), async ({ service }) => {
  const linked: boolean[] = [];
  await each('lists', HALVES, async ([list, query]) => {
    const path = pathOf(list, query);
    const first = await service.get(path);
    linked.push(linkTo(first, 'next') !== undefined);
    const cursor = cursorOf(pageOf(first), first.request);
    const answer = await service.get(pathOf(list, { ...query, cursor }));
    const { items, nextCursor } = pageOf(answer);
    // A walk that loses events is judged elsewhere.
    if (items.length !== query.limit) return;
    await explain(
      () => {
        expect(nextCursor, `nextCursor of the second and last page of GET ${path}`).toBeNull();
        const link = linkTo(answer, 'next');
        expect(link, `rel="next" of the second and last page of GET ${path}`).toBeUndefined();
      },
      async () => {
        const third =
          nextCursor ??
          new URL(linkTo(answer, 'next') ?? '', service.url).searchParams.get('cursor');
        const empty = await service.get(pathOf(list, { ...query, cursor: third ?? '' }));
        if (empty.status !== 200 || pageOf(empty).items.length > 0) return;
        lesson('full-so-more', {
          observed: `GET ${path} is the first of two full pages. The second one names a third, and that is empty.`,
          meaning:
            'A full page does not mean that there is another. Whenever the number of events is a multiple of the limit, clients are sent to a page with nothing on it.',
          lookAt: 'what the service would have to see to know that there is more.',
        });
      },
    );
  });
  const pages = [
    pathOf(TWENTY, { limit: 20 }),
    pathOf(TWENTY, { limit: 21 }),
    pathOf(EVENTS, { since: LAST_UPLOAD, limit: 588 }),
    pathOf(EVENTS, { since: LAST_UPLOAD, limit: 1000 }),
  ];
  await each('pages', pages, async (path) => {
    const whole = await service.get(path);
    expect(pageOf(whole).nextCursor, `nextCursor of GET ${path}, which shows all`).toBeNull();
    expect(linkTo(whole, 'next'), `rel="next" of GET ${path}, which shows all`).toBeUndefined();
  });
  // Which pages have a link is judged elsewhere. Where none has one, its absence shows nothing.
  expect(linked, 'whether pages that are not the last have a next link').toContain(true);
});

/** Some 6,000 events, one in twenty. */
const RECENTLY = '2026-02-05T20:00:00Z';

/** Lists of 500 events and more, or 5,000 with a `since`, and the rows that they show. */
const COUNTED = [
  [EVENTS, {}, 'true'],
  [EVENTS, { type: 'in_transit' }, `type = 'in_transit'`],
  [EVENTS, { type: 'exception' }, `type = 'exception'`],
  [EVENTS, { since: RECENTLY }, `occurred_at >= '${RECENTLY}'`],
  [WHALE, {}, `shipment_id = ${SHIPMENT.whale}`],
] as const;

test(
  'count=estimate adds a total that is about right',
  judges('4.5'),
  async ({ service, postgres }) => {
    await each('lists', COUNTED, async ([list, filters, condition]) => {
      const path = pathOf(list, { ...filters, limit: 20, count: 'estimate' });
      const { total } = pageOf(await service.get(path));
      expectClose(total, await countOf(postgres, condition), `GET ${path}`);
    });
  },
);

test(
  'the total is that of the whole list, on its last page too',
  judges('4.5'),
  async ({ service, postgres }) => {
    const type = 'exception';
    const events = await countOf(postgres, `type = '${type}'`);
    const query = { type, limit: 600, count: 'estimate' };
    const first = await readPage(service, EVENTS, query);
    const cursor = cursorOf(first, `the first 600 of ${thousands(events)}`);
    const last = await readPage(service, EVENTS, { ...query, cursor });
    expect(last.nextCursor, `nextCursor behind all ${thousands(events)} events`).toBeNull();
    await explain(
      () => {
        expectClose(last.total, events, `the last page of GET ${pathOf(EVENTS, query)}`);
      },
      async () => {
        const half = await cursorBehind(service, EVENTS, 300, { type, count: 'estimate' });
        const middle = await readPage(service, EVENTS, { ...query, limit: 20, cursor: half });
        const [whole = 0, less = 0] = [first.total, middle.total];
        // Nor is it the number of events on the page.
        if (whole < events / 2 || less <= 0 || less >= whole / 2) return;
        if (less === middle.items.length) return;
        lesson('total-from-here', {
          observed: `The list has ${thousands(events)} events. Its first page says total ${thousands(whole)}, a page in its middle ${thousands(less)}, the last one ${thousands(last.total ?? 0)}.`,
          meaning:
            'What was counted is what the page could still show: the place of the cursor is a condition like the filters, and is counted with them. A progress bar made of it runs backwards.',
          lookAt: 'which conditions belong to the list, and which to this page of it.',
        });
      },
    );
  },
);

test('a page with a total is cheap', judges('4.6'), async ({ service, postgres }) => {
  await each('lists', COUNTED, async ([list, filters]) => {
    const path = pathOf(list, { ...filters, limit: 20, count: 'estimate' });
    const { result, buffers } = await postgres.measure(() => service.get(path));
    pageOf(result);
    await expectCheap(postgres, { buffers, limit: LIMIT.estimate, path });
  });
});

test('without count there is no total', judges('4.7'), async ({ service }) => {
  await each('lists', [EVENTS, `${EVENTS}?type=created`, WHALE], async (path) => {
    const { total } = pageOf(await service.get(path));
    expect(total ?? 'none', `total of GET ${path}`).toBe('none');
  });
});

test('any other count is refused', judges('4.7'), async ({ service }) => {
  const requests = [
    `${EVENTS}?count=exact`,
    `${EVENTS}?count=`,
    `${EVENTS}?count=true`,
    `${RECENT}?count=exact`,
    `${RECENT}?count=`,
  ];
  await each('requests', requests, async (path) => {
    const answer = await service.get(path);
    await explain(
      () => expectProblem(answer, 400, 'invalid-parameter'),
      () => ignoredCount(service, answer),
    );
  });
});

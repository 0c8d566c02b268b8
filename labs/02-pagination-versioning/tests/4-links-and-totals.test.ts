import { type Answer, expect, explain, lesson, test, thousands } from '@backend-labs/testkit';
import { expectCheap } from './support/cost.ts';
import {
  type Event,
  cursorBehind,
  cursorOf,
  pageOf,
  pathOf,
  readPage,
  SHIPMENT,
} from './support/events.ts';
import { LIMIT } from './support/limits.ts';
import { linkTo } from './support/links.ts';
import { expectProblem } from './support/problem.ts';

/** The newest uploads, in the words of a partner in Madrid: its plus sign must be encoded in a link. */
const QUERY = { type: 'in_transit', since: '2026-02-07T01:00:00+01:00', limit: '100' };

/** The URL of a next link, after its form was asserted. */
function nextUrl(answer: Answer, origin: string): URL {
  const target = linkTo(answer, 'next');
  if (target === undefined) {
    return expect.fail(`${answer.request} has more pages, and no link with rel="next".`);
  }
  expect(target, `target of rel="next" of ${answer.request}: an absolute URL`).toMatch(
    /^https?:\/\//u,
  );
  const url = new URL(target);
  expect(url.origin, `origin of rel="next" of ${answer.request}, the one that was asked`).toBe(
    origin,
  );
  return url;
}

test('a walk by links is the walk by cursors', async ({ service }) => {
  const byCursor: number[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await readPage(service, '/v1/events', { ...QUERY, ...(cursor && { cursor }) });
    byCursor.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  expect(byCursor.length, 'events of the walk by cursors').toBeGreaterThan(300);
  const byLink: Event[] = [];
  for (let path: string | undefined = pathOf('/v1/events', QUERY); path !== undefined;) {
    const answer: Answer = await service.get(path);
    const { items, nextCursor } = await followed(answer, path);
    byLink.push(...items);
    const next = nextCursor === null ? undefined : nextUrl(answer, new URL(service.url).origin);
    path = next && next.pathname + next.search;
    if (path !== undefined) await expectFilters(path);
  }
  const ids = byLink.map(({ id }) => id);
  expect(ids.length, 'number of events of the walk by links').toBe(byCursor.length);
  expect(ids, 'ids of the walk by links').toEqual(byCursor);
});

async function followed(answer: Answer, path: string): Promise<ReturnType<typeof pageOf>> {
  await explain(
    () => {
      expect(answer.status, `status of the next link, GET ${path}`).toBe(200);
    },
    () => {
      const { searchParams } = new URL(path, 'http://host');
      const since = searchParams.get('since');
      if (since?.includes(' ') === true) {
        lesson('link-not-encoded', {
          observed: `The next link says since=${/since=([^&]*)/u.exec(path)?.[1]}, which reads "${since}", and was answered ${answer.status}. The page was asked for since=${QUERY.since}.`,
          meaning:
            'In a query, a plus sign stands for a space, and other characters have a meaning of their own. A value that was decoded on its way in has to be encoded on its way out.',
          lookAt: 'who builds the query of the link, and from what.',
        });
      }
      lostFilters(path);
    },
  );
  return pageOf(answer);
}

async function expectFilters(path: string): Promise<void> {
  const { searchParams } = new URL(path, 'http://host');
  await explain(
    () => {
      for (const [name, value] of Object.entries(QUERY)) {
        expect(
          searchParams.getAll(name).map((each) => each.replace(' ', '+')),
          `${name} in the next link ${path}`,
        ).toEqual([value]);
      }
    },
    () => {
      lostFilters(path);
    },
  );
}

function lostFilters(path: string): void {
  const { searchParams } = new URL(path, 'http://host');
  const lost = Object.keys(QUERY).filter((name) => !searchParams.has(name));
  if (lost.length === 0) return;
  lesson('link-without-filters', {
    observed: `The page was asked for with ${Object.keys(QUERY).join(', ')}. Its next link is ${path}: without ${lost.join(' and ')}.`,
    meaning:
      'A client that follows links adds nothing to them; that is what they are for. A link that forgets the question leads to the second page of another list.',
    lookAt: 'the whole request of this page, of which only the cursor changes.',
  });
}

test('the last page has no next, also when it is full', async ({ service }) => {
  const path = `/v1/shipments/${SHIPMENT.twenty}/events`;
  const first = await readPage(service, path, { limit: 10 });
  const cursor = cursorOf(first, `the first ten of ${path}, which has twenty`);
  const answer = await service.get(pathOf(path, { limit: 10, cursor }));
  const { items, nextCursor } = pageOf(answer);
  expect(items, 'the second ten of twenty events').toHaveLength(10);
  await explain(
    () => {
      expect(nextCursor, `nextCursor of the second ten of twenty events`).toBeNull();
      expect(linkTo(answer, 'next'), 'rel="next" of the second ten of twenty').toBeUndefined();
    },
    async () => {
      const third =
        nextCursor ?? new URL(linkTo(answer, 'next') ?? '', service.url).searchParams.get('cursor');
      const empty = await service.get(pathOf(path, { limit: 10, cursor: third ?? '' }));
      if (empty.status !== 200 || pageOf(empty).items.length > 0) return;
      lesson('full-so-more', {
        observed: `${path} has twenty events. The second page of ten names a next one, and that is empty.`,
        meaning:
          'A full page does not mean that there is another. Whenever the number of events is a multiple of the limit, clients are sent to a page with nothing on it.',
        lookAt: 'what the service would have to see to know that there is more.',
      });
    },
  );
  const whole = await service.get(pathOf(path, { limit: 20 }));
  expect(linkTo(whole, 'next'), 'rel="next" of a page that shows all').toBeUndefined();
});

test('a link names the host that was asked', async ({ service }) => {
  const host = 'events.partner.example:8443';
  // Anybody may send the other header, and no proxy of ours does.
  const headers = { host, 'x-forwarded-host': 'elsewhere.example' };
  const answer = (await service.get('/v1/events?limit=5', { headers })).expect(200);
  nextUrl(answer, `http://${host}`);
});

test('a link keeps what else was asked', async ({ service }) => {
  const asked = 'limit=5&count=estimate&source=night%20sync&tag=a&tag=b';
  const answer = (await service.get(`/v1/events?${asked}`)).expect(200);
  const { searchParams } = nextUrl(answer, new URL(service.url).origin);
  for (const name of new Set(new URLSearchParams(asked).keys())) {
    expect(
      searchParams.getAll(name).join(' and '),
      `${name} in the next link of ${answer.request}`,
    ).toBe(new URLSearchParams(asked).getAll(name).join(' and '));
  }
});

/** Some 6,000 events, one in twenty. */
const RECENT = '2026-02-05T20:00:00Z';

function expectClose(total: number | undefined, events: number, request: string): void {
  const close = total !== undefined && total >= events / 2 && total <= events * 2;
  expect(
    close ? 'close' : total,
    `total of ${request}, which is to be from half to twice of the ${thousands(events)} that are there`,
  ).toBe('close');
}

test('a total comes when asked for, and is an estimate', async ({ service, postgres }) => {
  const bare = await readPage(service, '/v1/events', { limit: 20 });
  expect(bare.total, 'total of a page without count').toBeUndefined();
  for (const [path, query, condition] of [
    ['/v1/events', {}, 'true'],
    ['/v1/events', { type: 'in_transit' }, `type = 'in_transit'`],
    ['/v1/events', { since: RECENT }, `occurred_at >= '${RECENT}'`],
    [`/v1/shipments/${SHIPMENT.whale}/events`, {}, `shipment_id = ${SHIPMENT.whale}`],
  ] as const) {
    const [truth] = await postgres.query<{ events: number }>(
      `SELECT count(*)::int AS events FROM events WHERE ${condition}`,
    );
    const asked = pathOf(path, { ...query, limit: 20, count: 'estimate' });
    const { result, buffers } = await postgres.measure(() => service.get(asked));
    expectClose(pageOf(result).total, truth?.events ?? 0, `GET ${asked}`);
    await expectCheap(postgres, { buffers, limit: LIMIT.estimate, path: asked });
  }
});

test('the total is that of the whole list, on its last page, too', async ({
  service,
  postgres,
}) => {
  const [path, type] = ['/v1/events', 'exception'];
  const [truth] = await postgres.query<{ events: number }>(
    'SELECT count(*)::int AS events FROM events WHERE type = $1',
    [type],
  );
  const events = truth?.events ?? 0;
  const query = { type, limit: 600, count: 'estimate' };
  const first = await readPage(service, path, query);
  const cursor = cursorOf(first, `the first 600 of ${thousands(events)}`);
  const last = await readPage(service, path, { ...query, cursor });
  expect(last.nextCursor, `nextCursor behind all ${thousands(events)} events`).toBeNull();
  await explain(
    () => {
      expectClose(last.total, events, `the last page of GET ${pathOf(path, query)}`);
    },
    async () => {
      const half = await cursorBehind(service, path, 300, { type, count: 'estimate' });
      const middle = await readPage(service, path, { ...query, limit: 20, cursor: half });
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
});

test('there is no other count', async ({ service }) => {
  for (const path of [
    '/v1/events?count=exact',
    '/v1/events?count=',
    '/v1/shipments/4711/events?count=exact',
  ]) {
    await expectProblem(await service.get(path), 400, 'invalid-parameter');
  }
});

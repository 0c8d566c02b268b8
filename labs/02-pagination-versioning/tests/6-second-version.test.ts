import {
  type Answer,
  eventually,
  expect,
  explain,
  lesson,
  type StartedService,
  test as base,
  thousands,
} from '@backend-labs/testkit';
import { expectCheap } from './support/cost.ts';
import { diagnoseDates } from './support/diagnose-dates.ts';
import {
  cursorOf,
  type Event,
  pageOf,
  pathOf,
  readPage,
  recordEvent,
  withoutEvents,
} from './support/events.ts';
import { httpDate, structuredDate } from './support/headers.ts';
import { LIMIT } from './support/limits.ts';
import { linksOf, linkTo } from './support/links.ts';
import { expectProblem } from './support/problem.ts';

const DEPRECATED = new Date('2026-03-02T09:00:00Z');
const SUNSET = new Date('2027-03-01T00:00:00Z');
const NOTICE = 'https://docs.shipments.example/v1-deprecation';

/** `deprecated` lives its last second; `ended` is at the instant of its sunset. */
const plans = {
  V1_DEPRECATED_AT: DEPRECATED.toISOString(),
  V1_SUNSET_AT: SUNSET.toISOString(),
};
const test = base
  .extend('deprecated', { scope: 'file' }, async ({ definition, cleanup, postgres }) => {
    // Whose sessions show instants in another zone than UTC.
    cleanup.use(await postgres.set({ timezone: 'Asia/Kolkata' }));
    const lastSecond = new Date(SUNSET.getTime() - 1000).toISOString();
    return cleanup.use(await definition.with({ ...plans, CLOCK: lastSecond }).start());
  })
  .extend('ended', { scope: 'file' }, async ({ definition, cleanup }) => {
    return cleanup.use(await definition.with({ ...plans, CLOCK: plans.V1_SUNSET_AT }).start());
  });

const EVENT = { shipmentId: 4717, type: 'delivered', ts: '2026-02-08T09:00:00Z' };

const ELSEWHERE = { headers: { host: 'events.partner.example' } };

/** One of every kind of answer that v1 has; the status before the sunset, where the ticket says it. */
const ANSWERS: readonly (readonly [
  status: number | undefined,
  send: (s: StartedService) => Promise<Answer>,
])[] = [
  [200, (service) => service.get('/v1/events?limit=2')],
  [200, (service) => service.get('/v1/shipments/4711/events')],
  [201, (service) => service.post('/v1/events', EVENT)],
  [400, (service) => service.get('/v1/events?limit=abc')],
  [
    400,
    (service) =>
      service.post('/v1/events', '{"shipmentId": 4711,', {
        headers: { 'content-type': 'application/json' },
      }),
  ],
  [404, (service) => service.get('/v1/shipments/abc/events')],
  [404, (service) => service.get('/v1/parcels')],
  [405, (service) => service.request('PUT', '/v1/events')],
  [undefined, (service) => service.request('OPTIONS', '/v1/events')],
];

test('v2 shows events in its own words', async ({ deprecated: service, postgres }) => {
  const at = '2026-02-09T10:00:00.123456Z';
  // One more than a JavaScript number can tell from its neighbours.
  const id = '9007199254740993';
  await recordEvent(postgres, { id, shipment: 4718, type: 'customs_hold', at });
  const path = '/v2/events?type=customs_hold&limit=20';
  const { result, buffers } = await postgres.measure(() => service.get(path));
  const { items } = pageOf(result);
  const shown = (items[0] ?? {}) as unknown as Record<string, unknown>;
  const told = { id, shipmentId: '4718', type: 'customs_hold', occurredAt: at };
  for (const [name, value] of Object.entries({ ...told, payload: {} })) {
    expect(shown[name], `${name} of the event that GET /v2/events?type=customs_hold shows`).toEqual(
      value,
    );
  }
  expect(Object.keys(shown).toSorted(), 'fields of an event of v2').toEqual(
    [...Object.keys(told), 'payload'].toSorted(),
  );
  await expectCheap(postgres, { buffers, limit: LIMIT.page, path });
});

test('v2 shows a type that it does not know, and is not filtered by it', async ({
  deprecated: service,
  postgres,
}) => {
  const type = 'drone_handover';
  await recordEvent(postgres, { shipment: 4716, type, at: '2026-02-10T10:00:00Z' });
  const since = '2026-02-10T09:00:00Z';
  const path = pathOf('/v2/events', { since, limit: 5, count: 'estimate' });
  const answer = (await service.get(path)).expect(200);
  expect(
    pageOf(answer).items.map((event) => event.type),
    `types in GET ${path}, where an import wrote a ${type}`,
  ).toContain(type);
  expect(pageOf(answer).total, `total of GET ${path}`).toEqual(expect.any(Number));
  const unknown = await service.get(`/v2/events?type=${type}`);
  await expectProblem(unknown, 400, 'invalid-parameter');
});

test('v2 is walked like v1', async ({ deprecated: service }) => {
  const query = { since: '2026-02-07T10:00:00Z', limit: 250 };
  const v1 = (await readPage(service, '/v1/events', { ...query, limit: 1000 })).items;
  const v2: Event[] = [];
  let path: string | undefined = pathOf('/v2/events', query);
  const pages = Math.ceil(v1.length / query.limit);
  for (let page = 1; path !== undefined; page += 1) {
    expect(page, `pages of a walk over v2, of ${query.limit} each`).toBeLessThanOrEqual(pages);
    const answer: Answer = await service.get(path);
    const { items, nextCursor } = pageOf(answer);
    v2.push(...items);
    const next = linkTo(answer, 'next');
    const linked = nextCursor === null ? 'no link' : 'a link';
    expect(
      next === undefined ? 'no link' : 'a link',
      `rel="next" of ${answer.request}, whose nextCursor is ${nextCursor}`,
    ).toBe(linked);
    if (next === undefined) break;
    const url = new URL(next, service.url);
    expect(url.pathname, `path of rel="next" of ${answer.request}, ${next}`).toBe('/v2/events');
    path = url.pathname + url.search;
  }
  const sorted = (events: readonly { id: unknown }[]) =>
    events.map(({ id }) => Number(id)).toSorted((a, b) => a - b);
  expect(v2.length, 'number of events of a walk over v2, which is to be that of v1').toBe(
    v1.length,
  );
  expect(sorted(v2), `ids of a walk over v2; v1 has ${thousands(v1.length)} events there`).toEqual(
    sorted(v1),
  );
  const page = pageOf(await service.get('/v2/events'));
  expect(page.items.length, 'number of items of GET /v2/events, without a limit').toBe(50);
  await expectProblem(await service.get('/v2/events?limit=0'), 400, 'invalid-parameter');
  await expectProblem(await service.post('/v2/events', EVENT), 405, 'method-not-allowed');
});

test('a cursor of v1 is not one of v2', async ({ deprecated: service }) => {
  const cursor = cursorOf(
    await readPage(service, '/v1/events', { limit: 2 }),
    'GET /v1/events?limit=2',
  );
  await expectProblem(
    await service.get(pathOf('/v2/events', { limit: 2, cursor })),
    400,
    'invalid-cursor',
  );
});

test('v1 says since when it is deprecated and when it ends', async ({ deprecated }) => {
  const { headers } = (await deprecated.get('/v1/events?limit=2')).expect(200);
  const { deprecation, sunset } = headers;
  await explain(
    () => {
      expect(
        structuredDate(deprecation),
        `Deprecation: ${String(deprecation)}, read as RFC 9745 says`,
      ).toEqual(DEPRECATED);
      expect(httpDate(sunset), `Sunset: ${String(sunset)}, read as RFC 8594 says`).toEqual(SUNSET);
    },
    () => {
      diagnoseDates(headers, { deprecatedAt: DEPRECATED, sunsetAt: SUNSET });
    },
  );
});

test('every answer of v1 says so, and names the successor', async ({ deprecated, postgres }) => {
  const answers: (readonly [answer: Answer, host: string])[] = [];
  for (const [status, send] of ANSWERS) {
    const answer = await send(deprecated);
    if (status !== undefined) answer.expect(status);
    answers.push([answer, deprecated.url]);
  }
  answers.push([
    (await deprecated.get('/v1/events?limit=1', ELSEWHERE)).expect(200),
    `http://${ELSEWHERE.headers.host}`,
  ]);
  const failed = await withoutEvents(postgres, () => deprecated.get('/v1/events?limit=3'));
  answers.push([failed.expect(500), deprecated.url]);
  for (const [answer, host] of answers) {
    const { status, headers } = answer;
    await explain(
      () => {
        expectDates(answer);
      },
      () => {
        const paged = answers.find((each) => each[0].status === 200)?.[0].headers ?? {};
        const pages = ['deprecation', 'sunset'].every((name) => paged[name] !== undefined);
        const none = headers['deprecation'] === undefined && headers['sunset'] === undefined;
        if (status < 400 || !pages || !none) return;
        lesson('only-when-it-went-well', {
          observed: `Pages of v1 carry Deprecation and Sunset. ${answer.request} answered ${status}, without them.`,
          meaning:
            'What is deprecated is the version, not its successes. The client that is wrong every night is the one that nobody has looked at, and the one that has to hear it.',
          lookAt: 'a place that every answer of /v1 passes, before it is known how it will end.',
        });
      },
    );
    const links = linksOf(answer);
    const target = (rel: string) => links.find((link) => link.rel.includes(rel))?.target;
    await explain(
      () => {
        expect(target('deprecation'), `target of rel="deprecation" of ${answer.request}`).toBe(
          NOTICE,
        );
        expect(
          target('successor-version'),
          `target of rel="successor-version" of ${answer.request}`,
        ).toBe(`${host}/v2/events`);
      },
      () => {
        overwritten(answer);
      },
    );
  }
});

function expectDates({ request, status, headers }: Answer): void {
  for (const name of ['deprecation', 'sunset'] as const) {
    const said = headers[name] ?? 'no such header';
    expect(said, `${name} of ${request}, which answered ${status}`).not.toBe('no such header');
  }
}

test('a page of v1 still links to the next one', async ({ deprecated }) => {
  const answer = (await deprecated.get('/v1/events?limit=2')).expect(200);
  await explain(
    () => {
      expect(
        linkTo(answer, 'next'),
        `rel="next" in ${String(answer.headers['link'])}`,
      ).toBeDefined();
    },
    () => {
      overwritten(answer);
    },
  );
});

/** One kind of link is there and the other is gone, on a page that needs both. */
function overwritten(answer: Answer): void {
  const rels = linksOf(answer).flatMap(({ rel }) => rel);
  const wanted = ['next', 'deprecation', 'successor-version'];
  const gone = wanted.filter((rel) => !rels.includes(rel));
  if (answer.request !== 'GET /v1/events?limit=2' || rels.length === 0 || gone.length === 0) return;
  const alone = rels.every((rel) => rel === 'next') || !rels.includes('next');
  if (!alone) return;
  lesson('link-overwritten', {
    observed: `${answer.request} has the links ${rels.join(', ')}, and not ${gone.join(', ')}. Its Link: ${String(answer.headers['link'])}`,
    meaning:
      'Two parts of the service write the same field, and the second to do so replaces what the first wrote. Each of them is right alone.',
    lookAt: 'the difference between setting a header and adding to it.',
  });
}

test('v2 carries none of it', async ({ deprecated }) => {
  for (const [status, path] of [
    [200, '/v2/events?limit=2'],
    [404, '/v10/events'],
  ] as const) {
    const answer = (await deprecated.get(path)).expect(status);
    for (const name of ['deprecation', 'sunset']) {
      expect(answer.headers[name], `${name} of GET ${path}`).toBeUndefined();
    }
    const rels = linksOf(answer).flatMap(({ rel }) => rel);
    for (const rel of ['deprecation', 'successor-version']) {
      expect(rels, `relations of the links of GET ${path}`).not.toContain(rel);
    }
  }
});

test('from its sunset on v1 is gone, and v2 is not', async ({ ended }) => {
  for (const [, send] of ANSWERS) {
    const answer = await send(ended);
    await expectProblem(answer, 410, 'version-sunset');
    expectDates(answer);
    expect(
      linkTo(answer, 'successor-version'),
      `rel="successor-version" of ${answer.request}`,
    ).toBe(`${ended.url}/v2/events`);
  }
  // A router that tells capitals apart has no such route.
  const { status } = await ended.get('/V1/events?limit=2');
  expect([404, 410], 'status of GET /V1/events after the sunset of v1').toContain(status);
  (await ended.get('/v2/events?limit=2')).expect(200);
});

test('v1 ends while it runs', async ({ definition }) => {
  // On a machine so busy that the service comes up after its sunset, once more with more time.
  for (let ahead = 1000; ; ahead *= 4) {
    const at = new Date(Date.now() + ahead);
    if (at.getMilliseconds() === 0) at.setMilliseconds(1);
    // Both in the future, and with a fraction of a second.
    const instants = { V1_DEPRECATED_AT: at.toISOString(), V1_SUNSET_AT: at.toISOString() };
    await using service = await definition.with(instants).start();
    const first = await service.get('/v1/events?limit=1');
    if (first.status === 410 && Date.now() >= at.getTime() && ahead < 10_000) continue;
    first.expect(200);
    expectDates(first);
    const { deprecation, sunset } = first.headers;
    expect(structuredDate(deprecation), `Deprecation: ${String(deprecation)}`).toBeDefined();
    expect(httpDate(sunset), `Sunset: ${String(sunset)}`).toBeDefined();
    await eventually(
      `410 from a service whose V1_SUNSET_AT was ${ahead} ms ahead when it started`,
      async () => {
        const { status } = await service.get('/v1/events?limit=1');
        expect(status, 'status of GET /v1/events').toBe(410);
        return true;
      },
      { within: ahead + 3000, every: 100 },
    );
    return;
  }
});

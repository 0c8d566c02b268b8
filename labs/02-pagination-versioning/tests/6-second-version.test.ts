import {
  type Answer,
  answers,
  each,
  eventually,
  expect,
  explain,
  judges,
  type Readiness,
  Service,
  test as base,
} from '@backend-labs/testkit';
import { expectCheap } from './support/cost.ts';
import { ignoredCount } from './support/diagnose-count.ts';
import { nakedCursor } from './support/diagnose-cursor.ts';
import { diagnoseDates } from './support/diagnose-dates.ts';
import { withoutAllow } from './support/diagnose-errors.ts';
import {
  onlyWhenItWentWell,
  overwritten,
  retiresEverything,
} from './support/diagnose-retirement.ts';
import { fewerDigits, openFilter } from './support/diagnose-v2.ts';
import {
  cursorBehind,
  cursorOf,
  pageOf,
  pathOf,
  readPage,
  recordEvent,
  withoutEvents,
} from './support/events.ts';
import { httpDate, structuredDate } from './support/headers.ts';
import { LIMIT } from './support/limits.ts';
import { linkTo } from './support/links.ts';
import { expectKept, nextPath, type Query } from './support/next-link.ts';
import { expectProblem } from './support/problem.ts';
import { countOf, expectClose } from './support/totals.ts';
import {
  expectDates,
  expectRetirementLinks,
  led,
  PAGE,
  REQUESTS,
  signsOfRetirement,
} from './support/v1-answers.ts';
import {
  expectNewestFirst,
  expectWholeWalk,
  idOf,
  LAST_UPLOAD,
  RAGGED,
} from './support/whole-walk.ts';

const V1 = '/v1/events';
const V2 = '/v2/events';
const TYPES = ['created', 'picked_up', 'in_transit', 'delivered'] as const;
const SEVEN = [...TYPES, 'exception', 'customs_hold', 'customs_released'] as const;

const DEPRECATED = new Date('2026-03-02T09:00:00Z');
const SUNSET = new Date('2027-03-01T00:00:00Z');
const plans = {
  V1_DEPRECATED_AT: DEPRECATED.toISOString(),
  V1_SUNSET_AT: SUNSET.toISOString(),
};

/** Also a service that retires its `/healthz` starts; that is a mistake of its own. */
const UP: Readiness = {
  what: 'answer GET /healthz with 200 or 410',
  async look(service) {
    const seen = await answers('/healthz').look(service);
    return seen === 'it answered 410' || seen;
  },
};

/** `deprecated` lives its last second; `ended` is at the instant of its sunset. */
const test = base
  .extend('deprecated', { scope: 'file' }, async ({ definition, cleanup, postgres }) => {
    // Whose sessions show instants in another zone than UTC.
    cleanup.use(await postgres.set({ timezone: 'Asia/Kolkata' }));
    const lastSecond = new Date(SUNSET.getTime() - 1000).toISOString();
    return cleanup.use(await definition.with({ ...plans, CLOCK: lastSecond }).start());
  })
  .extend('ended', { scope: 'file' }, async ({ run, lease, cleanup }) => {
    const env = { ...plans, CLOCK: plans.V1_SUNSET_AT };
    return cleanup.use(await new Service({ run, lease, env, ready: UP }).start());
  });

test(
  'v2 shows events in its own words',
  judges('6.1'),
  async ({ deprecated: service, postgres, draw }) => {
    const shipment = draw.int(5000, 15_000);
    const micros = draw.int(100_001, 999_999);
    const written = [
      // One more than a JavaScript number can tell from its neighbours.
      { id: '9007199254740993', type: 'customs_hold', at: `2026-02-09T10:00:00.${micros}Z` },
      { id: '900001', type: `drone_${draw.word()}`, at: '2026-02-09T11:00:00.120000Z' },
      { id: '900002', type: draw.pick(TYPES), at: '2026-02-09T12:00:00.000000Z' },
    ];
    for (const event of written) await recordEvent(postgres, { ...event, shipment });
    const path = pathOf(V2, { since: '2026-02-09T09:00:00Z', limit: 20 });
    const items = pageOf(await service.get(path)).items as unknown as Record<string, unknown>[];
    await each('events', written, async ({ id, type, at }) => {
      const shown = items.find((event) => event['type'] === type);
      await explain(
        () => {
          expect(shown, `the event of type ${type} in GET ${path}`).toEqual({
            id,
            shipmentId: String(shipment),
            type,
            occurredAt: at,
            payload: {},
          });
        },
        () => {
          fewerDigits(at, shown?.['occurredAt']);
        },
      );
    });
  },
);

test(
  'v2 is filtered by its seven types',
  judges('6.2'),
  async ({ deprecated: service, postgres, draw }) => {
    const unknown = `drone_${draw.word()}`;
    for (const type of ['customs_hold', 'customs_released', unknown]) {
      await recordEvent(postgres, { type, at: '2026-02-08T10:00:00Z' });
    }
    await each('types', [...SEVEN, unknown, 'other'], async (type) => {
      const answer = await service.get(pathOf(V2, { type, limit: 5 }));
      if (!SEVEN.some((known) => known === type)) {
        await explain(
          () => expectProblem(answer, 400, 'invalid-parameter'),
          () => {
            openFilter(answer, type);
          },
        );
        return;
      }
      const shown = new Set(pageOf(answer).items.map((event) => event.type));
      expect([...shown], `types in ${answer.request}`).toEqual([type]);
    });
  },
);

test(
  'a walk over v2 shows each event once while others write',
  judges('6.3'),
  async ({ deprecated: service, postgres, draw }) => {
    await expectWholeWalk(service, postgres, {
      path: V2,
      query: { since: LAST_UPLOAD, limit: draw.pick(RAGGED) },
      condition: `occurred_at >= '${LAST_UPLOAD}'`,
    });
  },
);

test('events of v2 come newest first', judges('6.3'), async ({ deprecated: service, postgres }) => {
  // Events that were written late are all of this type.
  const query = { type: 'picked_up', limit: 1000 };
  const { items } = await readPage(service, V2, query);
  await expectNewestFirst(postgres, items.map(idOf), `GET ${pathOf(V2, query)}`);
});

test('v2 has the limits and errors of v1', judges('6.4'), async ({ deprecated: service }) => {
  const page = pageOf(await service.get(V2));
  expect(page.items.length, `number of items of GET ${V2}, without a limit`).toBe(50);
  const most = await readPage(service, V2, { limit: 1000 });
  expect(most.items.length, `number of items of GET ${V2}?limit=1000`).toBe(1000);
  const refused = [
    ['invalid-parameter', { limit: 0 }],
    ['invalid-parameter', { limit: 1001 }],
    ['invalid-parameter', { limit: 'abc' }],
    ['invalid-parameter', { since: 'yesterday' }],

    ['invalid-parameter', { count: 'exact' }],
    ['invalid-cursor', { cursor: 'page2' }],
  ] as const;
  await each('requests', refused, async ([code, query]) => {
    const answer = await service.get(pathOf(V2, query));
    await explain(
      () => expectProblem(answer, 400, code),
      () => ('count' in query ? ignoredCount(service, answer) : undefined),
    );
  });
  const wrong = await service.request('PUT', V2);
  await expectProblem(wrong, 405, 'method-not-allowed');
  await explain(
    () => {
      expect(wrong.headers.allow ?? '', `Allow of ${wrong.request}`).toMatch(/\bGET\b/u);
    },
    () => {
      withoutAllow(wrong);
    },
  );
});

test('v2 links to its next page', judges('6.4'), async ({ deprecated: service, draw }) => {
  const query: Query = [
    ['type', draw.pick(TYPES)],
    ['since', '2026-02-07T11:00:00+01:00'],
    ['limit', String(draw.int(20, 30))],
  ];
  let path = `${V2}?${new URLSearchParams(query.map((pair) => [...pair])).toString()}`;
  for (let page = 1; page <= 3; page += 1) {
    const answer = await service.get(path);
    path = nextPath(answer, service.url);
    expect(path.split('?')[0], `path of rel="next" of ${answer.request}`).toBe(V2);
    await expectKept(query, path);
  }
  const last = await service.get(pathOf(V2, { since: LAST_UPLOAD, limit: 1000 }));
  expect(pageOf(last).nextCursor, `nextCursor of ${last.request}, which shows all`).toBeNull();
  expect(linkTo(last, 'next'), `rel="next" of ${last.request}, which shows all`).toBeUndefined();
});

test('v2 has a total when asked for', judges('6.4'), async ({ deprecated: service, postgres }) => {
  const query = { type: 'in_transit', limit: 5 };
  const asked = pathOf(V2, { ...query, count: 'estimate' });
  const first = pageOf(await service.get(asked));
  const events = await countOf(postgres, `type = 'in_transit'`);
  expectClose(first.total, events, `GET ${asked}`);
  const cursor = cursorOf(first, `GET ${asked}`);
  const second = await readPage(service, V2, { ...query, count: 'estimate', cursor });
  expectClose(second.total, events, `the second page of GET ${asked}`);
  const bare = await readPage(service, V2, query);
  expect(bare.total ?? 'none', `total of GET ${pathOf(V2, query)}`).toBe('none');
});

test(
  'a page of v2 is as cheap as one of v1',
  judges('6.5'),
  async ({ deprecated: service, postgres }) => {
    const pages = [
      [{ limit: 20 }, 0],
      [{ limit: 20, type: 'exception' }, 0],
      [{ limit: 20, type: 'customs_hold' }, 0],
      [{ limit: 20, since: '2026-01-10T00:00:00Z', count: 'estimate' }, 0],
      [{ limit: 20 }, 20_000],
    ] as const;
    await each('pages', pages, async ([query, behind]) => {
      const cursor = await cursorBehind(service, V2, behind);
      const path = pathOf(V2, { ...query, ...(cursor && { cursor }) });
      const { result, buffers } = await postgres.measure(() => service.get(path));
      pageOf(result);
      await expectCheap(postgres, { buffers, limit: LIMIT.page, path });
    });
  },
);

test(
  'a cursor of one version is not one of the other',
  judges('6.6'),
  async ({ deprecated: service, draw }) => {
    const query = { limit: draw.int(2, 20) };
    const pairs = [
      [V1, V2],
      [V2, V1],
    ] as const;
    await each('cursors', pairs, async ([from, to]) => {
      const cursor = cursorOf(await readPage(service, from, query), `GET ${pathOf(from, query)}`);
      const answer = await service.get(pathOf(to, { ...query, cursor }));
      await explain(
        () => expectProblem(answer, 400, 'invalid-cursor'),
        () => {
          if (answer.status !== 200) return;
          nakedCursor(cursor, `A cursor of ${from} was used on ${to}, and the answer was 200.`);
        },
      );
    });
  },
);

test(
  'v1 says since when it is deprecated and when it ends',
  judges('6.7'),
  async ({ deprecated }) => {
    const { headers } = (await deprecated.get(PAGE)).expect(200);
    const { deprecation, sunset } = headers;
    await explain(
      () => {
        expect(
          structuredDate(deprecation),
          `Deprecation: ${String(deprecation)}, read as RFC 9745 says`,
        ).toEqual(DEPRECATED);
        expect(httpDate(sunset), `Sunset: ${String(sunset)}, read as RFC 8594 says`).toEqual(
          SUNSET,
        );
      },
      () => {
        diagnoseDates(headers, { deprecatedAt: DEPRECATED, sunsetAt: SUNSET });
      },
    );
  },
);

test(
  'v1 says so before it is deprecated, in whole seconds',
  judges('6.7'),
  async ({ definition, draw }) => {
    const fraction = draw.int(100, 999);
    await using service = await definition
      .with({
        V1_DEPRECATED_AT: `2026-03-02T09:00:00.${fraction}Z`,
        V1_SUNSET_AT: `2027-03-01T00:00:00.${fraction}Z`,
        CLOCK: '2026-02-01T00:00:00Z',
      })
      .start();
    const { headers } = (await service.get(PAGE)).expect(200);
    const said = {
      Deprecation: structuredDate(headers['deprecation']),
      Sunset: httpDate(headers['sunset']),
    };
    for (const [name, due] of [
      ['Deprecation', DEPRECATED],
      ['Sunset', SUNSET],
    ] as const) {
      const off = (said[name]?.getTime() ?? Number.NaN) - due.getTime();
      const written = String(headers[name.toLowerCase()]);
      expect(
        off >= 0 && off <= 1000,
        `whether ${name}: ${written} is ${due.toISOString()} and ${fraction} ms, in whole seconds`,
      ).toBe(true);
    }
  },
);

test(
  'every answer of v1 says so, and names the successor',
  judges('6.8'),
  async ({ deprecated, postgres, draw }) => {
    const seen: (readonly [answer: Answer, origin: string])[] = [];
    for (const send of REQUESTS) seen.push([await send(deprecated), deprecated.url]);
    const host = `${draw.word()}.partner.example`;
    seen.push([
      await deprecated.get('/v1/events?limit=1', { headers: { host } }),
      `http://${host}`,
    ]);
    const failed = await withoutEvents(postgres, () => deprecated.get('/v1/events?limit=3'));
    seen.push([failed, deprecated.url]);
    const [page] = seen.map(([answer]) => answer);
    await each('answers', seen, async ([answer, origin]) => {
      await explain(
        () => {
          expectDates(answer);
        },
        () => {
          onlyWhenItWentWell(answer, page);
        },
      );
      await explain(
        () => {
          expectRetirementLinks(answer, origin);
        },
        () => {
          overwritten(answer);
        },
      );
    });
  },
);

test('a page of v1 still links to the next one', judges('6.8'), async ({ deprecated }) => {
  const answer = (await deprecated.get(PAGE)).expect(200);
  await explain(
    () => {
      const said = `rel="next" in ${String(answer.headers['link'])}`;
      expect(linkTo(answer, 'next'), said).toBeDefined();
    },
    () => {
      overwritten(answer);
    },
  );
});

test('from its sunset on v1 is gone', judges('6.9'), async ({ ended }) => {
  await each('answers with CLOCK exactly at V1_SUNSET_AT', REQUESTS, async (send) => {
    const answer = await send(ended);
    // An answer to HEAD has no body to show its type in.
    if (answer.request.startsWith('HEAD')) expect(answer.status, answer.request).toBe(410);
    else await expectProblem(answer, 410, 'version-sunset');
    expectDates(answer);
    expectRetirementLinks(answer, ended.url);
  });
});

test('no other spelling shows what v1 showed', judges('6.9'), async ({ ended }) => {
  const spellings = ['/V1/events?limit=2', '/V1/shipments/4711/events'];
  await each('spellings', spellings, async (spelling) => {
    const { request, status } = await led(ended, spelling);
    expect(
      [404, 410],
      `status of ${request}, after the sunset of v1, when GET ${spelling} was followed: ${status}`,
    ).toContain(status);
  });
});

test('v1 ends while it runs', judges('6.9'), async ({ run, lease }) => {
  // On a machine so busy that the service comes up after its sunset, once more with more time.
  for (let ahead = 1000; ; ahead *= 4) {
    const at = new Date(Date.now() + ahead).toISOString();
    const env = { V1_DEPRECATED_AT: at, V1_SUNSET_AT: at };
    await using service = await new Service({ run, lease, env, ready: UP }).start();
    const first = await service.get('/v1/events?limit=1');
    if (first.status === 410 && Date.now() >= Date.parse(at) && ahead < 10_000) continue;
    first.expect(200);
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

test('nothing but v1 is retired', judges('6.10'), async ({ deprecated, ended }) => {
  const others = [
    (await deprecated.get('/v2/events?limit=2')).expect(200),
    (await deprecated.get('/healthz')).expect(200),
    (await ended.get('/v2/events?limit=2')).expect(200),
    (await ended.get('/healthz')).expect(200),
    (await ended.get('/openapi.json')).expect(200),
    await ended.get('/v10/events'),
  ];
  await each('answers', others, async (answer) => {
    const signs = signsOfRetirement(answer).join(', ') || 'none';
    await explain(
      () => {
        expect(signs, `what ${answer.request} has of a version that ends`).toBe('none');
      },
      () => {
        retiresEverything(answer);
      },
    );
  });
});

test('v1 is not retired without a plan', judges('6.10'), async ({ service }) => {
  await each('paths', [PAGE, '/v1/parcels'], async (path) => {
    const answer = await service.get(path);
    const signs = signsOfRetirement(answer).join(', ') || 'none';
    expect(signs, `what ${answer.request} has of a version that ends, without a plan`).toBe('none');
  });
});

import {
  type Answer,
  each,
  expect,
  explain,
  judges,
  lesson,
  type PostgresProbe,
  type StartedService,
  test,
} from '@backend-labs/testkit';
import { CLIENTS } from './support/clients.ts';
import { refusedTheUnknown } from './support/diagnose-cursor.ts';
import { type Event, pageOf, pathOf, recordEvent } from './support/events.ts';
import { expectProblem, withBody } from './support/problem.ts';
import recorded from './support/recorded.json' with { type: 'json' };

type Recorded = (typeof recorded)[number];

const send = (service: StartedService, { method, path, body }: Recorded): Promise<Answer> =>
  service.request(method, path, { body });

const read = (client: string, { body }: Answer): string => JSON.stringify(CLIENTS[client]?.(body));

test(
  'clients read what they read on the day of the recording',
  judges('5.1'),
  async ({ service }) => {
    // A list that leaves its requests without an answer fails here, and not once for each client.
    await service.get('/v1/events?limit=1');
    await service.get('/v1/shipments/4711/events?limit=1');
    // That what they send without need is ignored is judged by itself.
    await each('requests', recorded.map(onlyKnown), async (request) => {
      const answer = (await send(service, request)).expect(request.status);
      await explain(
        () => {
          expect(
            read(request.client, answer),
            `what the ${request.client} reads from ${answer.request}`,
          ).toBe(JSON.stringify(request.read));
        },
        () => {
          changedType(answer);
        },
      );
    });
  },
);

/** The request without parameters and fields that the API does not document. */
function onlyKnown(request: Recorded): Recorded {
  const url = new URL(request.path, 'http://host');
  for (const name of url.searchParams.keys().toArray()) {
    if (!['type', 'since', 'limit', 'cursor', 'count'].includes(name))
      url.searchParams.delete(name);
  }
  const known = ['shipmentId', 'type', 'ts', 'payload'];
  const fields = Object.entries(request.body ?? {}).filter(([name]) => known.includes(name));
  return {
    ...request,
    path: url.pathname + url.search,
    ...(request.body && { body: Object.fromEntries(fields) }),
  } as Recorded;
}

function changedType({ request, body }: Answer): void {
  const { items } = body as { items?: Partial<Event>[] };
  const [event] = Array.isArray(items) ? items : [];
  const texts = (['id', 'shipmentId'] as const).filter((name) => typeof event?.[name] === 'string');
  if (texts.length === 0) return;
  lesson('break-in-place', {
    observed: `${request} shows ${texts.map((name) => `"${name}": ${JSON.stringify(event?.[name])}`).join(', ')}. v1 has always had numbers there.`,
    meaning:
      'The new names stand beside the old ones, and that breaks nobody. A field that keeps its name and changes its type breaks everybody who reads it.',
    lookAt: 'what v1 shows, apart from what v2 will show; they may share a query, not a shape.',
  });
}

test('v1 ignores what it does not know', judges('5.2'), async ({ service }) => {
  const legacy = recorded.filter(({ client }) => client === 'legacy ERP');
  await each('requests', legacy, async (request) => {
    const bare = await send(service, onlyKnown(request));
    const answer = await send(service, request);
    const what = `${answer.request}${request.body ? ` with ${JSON.stringify(request.body)}` : ''}`;
    await explain(
      () => {
        expect(answer.status, `status of ${what}, as the legacy ERP has sent it for years`).toBe(
          request.status,
        );
      },
      () => {
        if (answer.status !== 400 || bare.status !== request.status) return;
        refusedTheUnknown(answer.request, answer.text, bare.status);
      },
    );
    expect(read(request.client, answer), `what the legacy ERP reads from ${what}`).toBe(
      read(request.client, bare),
    );
  });
});

test('the list of a shipment ignores type and since', judges('5.2'), async ({ service, draw }) => {
  const path = `/v1/shipments/${draw.int(100, 15_000)}/events`;
  const bare = (await service.get(path)).expect(200);
  const unknown = [{ type: 'teleported' }, { type: '' }, { since: '2035-01-01T00:00:00Z' }];
  await each('requests', unknown, async (query) => {
    const answer = await service.get(pathOf(path, query));
    await explain(
      () => {
        expect(answer.status, `status of ${answer.request}`).toBe(200);
      },
      () => {
        if (answer.status === 400) refusedTheUnknown(answer.request, answer.text, bare.status);
      },
    );
    const shown = pageOf(answer).items.map(({ id }) => id);
    const all = pageOf(bare).items.map(({ id }) => id);
    expect(shown, `ids of ${answer.request}`).toEqual(all);
  });
});

test('v1 has occurredAt beside ts', judges('5.3'), async ({ service, draw }) => {
  const event = {
    shipmentId: 4713,
    type: 'delivered',
    ts: '2026-02-07T12:00:00.123456Z',
    payload: {},
  };
  const answers = [
    await service.get('/v1/events?limit=3'),
    await service.get(`/v1/shipments/${draw.int(100, 15_000)}/events`),
    await service.post('/v1/events', event),
  ];
  await each('answers', answers, async ({ request, body }) => {
    const { items = [body] } = body as { items?: unknown[] };
    const events = items as (Partial<Event> & { readonly occurredAt?: unknown })[];
    await explain(
      () => {
        expect(
          events.map(({ occurredAt }) => occurredAt),
          `occurredAt in ${request}, beside ts`,
        ).toEqual(events.map(({ ts }) => ts));
      },
      () => {
        const [first] = events.filter(({ ts, occurredAt }) => ts !== occurredAt);
        const { ts, occurredAt } = first ?? {};
        if (typeof ts !== 'string' || typeof occurredAt !== 'string') return;
        if (Date.parse(ts) !== Date.parse(occurredAt)) return;
        lesson('two-values-of-one-thing', {
          observed: `${request} shows "ts": "${ts}" and "occurredAt": "${occurredAt}".`,
          meaning:
            'It is the same instant, and not the same text. A client that moves from the old name to the new one compares, stores or parses a text of another form, and the change of a name became a change of a value.',
          lookAt: 'what v1 promises of the new name, as opposed to what v2 will.',
        });
      },
    );
  });
});

test(
  'v1 shows a type of any new kind as "other"',
  judges('5.4'),
  async ({ service, postgres, draw }) => {
    const shipment = 4714;
    // The last of them is a name that every object of JavaScript has.
    const types = ['customs_hold', 'customs_released', `drone_${draw.word()}`, 'constructor'];
    for (const [hour, type] of draw.shuffle(types).entries()) {
      await recordEvent(postgres, { shipment, type, at: `2026-02-08T0${hour}:00:00Z` });
    }
    const lists = [
      pathOf(`/v1/shipments/${shipment}/events`, { limit: 4 }),
      pathOf('/v1/events', { since: '2026-02-08T00:00:00Z', limit: 4 }),
    ];
    // Other tests of this file also write events.
    await each('lists', lists, async (path) => {
      const { items } = pageOf(await service.get(path));
      const written = items
        .filter(({ shipmentId }) => String(shipmentId) === String(shipment))
        .slice(0, 4);
      await explain(
        () => {
          expect(
            written.map(({ type }) => type).join(', '),
            `types in GET ${path}, of four events of newer types`,
          ).toBe('other, other, other, other');
        },
        () => {
          const shown = written.map(({ type }) => type).filter((type) => types.includes(type));
          if (shown.length === 0) return;
          lesson('new-value-in-an-old-enum', {
            observed: `GET ${path} shows ${shown.map((type) => `"${type}"`).join(', ')}. The strict client knows the five types of v1's first day and "other".`,
            meaning:
              'To a client that decodes into a closed list, a new value is as foreign as a missing field: the whole page is refused. The programs that write the table decide what will come next, not this service.',
            lookAt:
              'the edge where v1 is written out, and what it does with a type that it was not born with.',
          });
        },
      );
    });
  },
);

const NEW_TYPES = ['customs_hold', 'customs_released'] as const;

test(
  'v1 takes the customs types, and answers in its own words',
  judges('5.5'),
  async ({ service }) => {
    await each('events', NEW_TYPES, async (type) => {
      const event = { shipmentId: 4715, type, ts: '2026-02-09T05:00:00.123456Z', payload: {} };
      const answer = (await service.post('/v1/events', event)).expect(201);
      const { type: shown, ts } = answer.body as Event;
      expect({ type: shown, ts }, `the answer to a ${type}`).toEqual({
        type: 'other',
        ts: '2026-02-09T05:00:00.123Z',
      });
    });
    const other = { shipmentId: 4715, type: 'other', ts: '2026-02-09T05:00:00Z', payload: {} };
    const answer = await service.post('/v1/events', other);
    await expectProblem(answer, 400, 'invalid-body', withBody(answer, JSON.stringify(other)));
  },
);

test('ts alone says when an event occurred', judges('5.5'), async ({ service, draw }) => {
  const ts = `2026-02-09T06:00:00.${draw.int(100, 999)}Z`;
  const occurredAt = '2020-01-01T00:00:00Z';
  const event = { shipmentId: 4715, type: 'delivered', payload: {} };
  const bare = (await service.post('/v1/events', { ...event, ts })).expect(201);
  // One client sends the name that v1 only shows, with a time of its own; others send anything.
  await each('values of occurredAt', [occurredAt, 'soon', 5, null], async (ignored) => {
    const both = { ...event, ts, occurredAt: ignored };
    const answer = await service.post('/v1/events', both);
    const what = `an event with a ts and "occurredAt": ${JSON.stringify(ignored)}`;
    await explain(
      () => {
        expect(answer.status, `status of the answer to ${what}`).toBe(201);
      },
      () => {
        if (answer.status !== 400) return;
        refusedTheUnknown(withBody(answer, JSON.stringify(both)), answer.text, bare.status);
      },
    );
    expect((answer.body as Event).ts, `ts in the answer to ${what}`).toBe(ts);
  });
  const renamed = { ...event, occurredAt };
  const answer = await service.post('/v1/events', renamed);
  await explain(
    () => expectProblem(answer, 400, 'invalid-body', withBody(answer, JSON.stringify(renamed))),
    () => {
      if (answer.status !== 201) return;
      lesson('second-name-on-the-way-in', {
        observed: `An event without ts, and with an occurredAt of ${occurredAt}, was taken: ${answer.text.slice(0, 160)}`,
        meaning:
          'For years clients could send a field of that name, and it meant nothing. Now it does, for those of them who leave ts out by mistake: an error that they could read becomes an event of a wrong time.',
        lookAt: 'in which direction Mobile wants the new name.',
      });
    },
  );
});

test(
  'the table keeps a posted event as it was sent',
  judges('5.6'),
  async ({ service, postgres, draw }) => {
    const type = draw.pick(NEW_TYPES);
    const fraction = `.123${draw.int(100, 999)}`;
    const at = `2026-02-09T07:00:00${fraction}Z`;
    // One instant, as four carriers write it.
    const spellings = [
      at,
      `2026-02-09T08:00:00${fraction}+01:00`,
      `2026-02-09T02:00:00${fraction}-05:00`,
      `2026-02-09T21:00:00${fraction}+14:00`,
    ];
    await each('events', spellings, async (ts) => {
      const event = { shipmentId: 4715, type, ts, payload: {} };
      const { body } = (await service.post('/v1/events', event)).expect(201);
      const row = await rowOf(postgres, (body as Event).id);
      await explain(
        () => {
          expect(row?.type, `type in the table, of the ${type} that was posted`).toBe(type);
        },
        () => {
          if (row?.type !== 'other') return;
          lesson('mapped-on-write', {
            observed: `A ${type} was posted, and the table has "other".`,
            meaning:
              "What v1 cannot say is a matter of v1. Written into the table, the loss is everybody's and for ever: no later version can show what it was.",
            lookAt: 'on which side of the table the mapping belongs.',
          });
        },
      );
      await explain(
        () => {
          expect(row?.at, `occurred_at in the table, of ts ${ts}`).toBe(at);
        },
        () => {
          if (row?.at !== at.replace(/\d{3}Z$/u, '000Z')) return;
          lesson('ts-cut', {
            observed: `An event with "ts": "${ts}" was posted, and the table has ${row.at}.`,
            meaning:
              'The column has microseconds, and a JavaScript Date has milliseconds. An instant that goes through a Date on its way to the database loses its last digits for ever.',
            lookAt: 'the value of ts on its way from the body to the statement, for every zone.',
          });
        },
      );
    });
  },
);

async function rowOf(
  postgres: PostgresProbe,
  id: number,
): Promise<{ type: string; at: string } | undefined> {
  const [row] = await postgres.query<{ type: string; at: string }>(
    `SELECT type, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
       FROM events WHERE id = $1`,
    [id],
  );
  return row;
}

test('v1 is filtered by its five types', judges('5.7'), async ({ service, postgres, draw }) => {
  const types = [...NEW_TYPES, 'other', `drone_${draw.word()}`];
  for (const type of types) await recordEvent(postgres, { type, at: '2026-02-10T08:00:00Z' });
  await each('types', types, async (type) => {
    const answer = await service.get(`/v1/events?type=${type}`);
    await explain(
      () => expectProblem(answer, 400, 'invalid-parameter'),
      () => {
        if (answer.status !== 200) return;
        const shown = pageOf(answer).items.map((event) => event.type);
        if (shown.length === 0 || type === 'other' || shown.some((word) => word !== 'other'))
          return;
        lesson('filter-that-v1-cannot-name', {
          observed: `${answer.request} answered ${shown.length} events of type "other".`,
          meaning:
            'A client that filters by a type gets events of another one: v1 has no word for it, and calls it other. What a version does not show it should not be asked for.',
          lookAt: 'which types each version knows, on the way in and on the way out.',
        });
      },
    );
  });
});

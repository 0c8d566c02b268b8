import {
  type Answer,
  expect,
  explain,
  lesson,
  type StartedService,
  test,
} from '@backend-labs/testkit';
import { CLIENTS, strictly } from './support/clients.ts';
import { type Event, pageOf, pathOf, recordEvent } from './support/events.ts';
import { expectProblem } from './support/problem.ts';
import recorded from './support/recorded.json' with { type: 'json' };

type Recorded = (typeof recorded)[number];

const send = (service: StartedService, { method, path, body }: Recorded): Promise<Answer> =>
  service.request(method, path, { body });

test('three clients read what they read on the day of the recording', async ({ service }) => {
  for (const each of recorded) {
    const answer = await send(service, each);
    const request = `${each.method} ${each.path}`;
    await explain(
      () => {
        expect(
          answer.status,
          `status of ${request}, as the ${each.client} has sent it for years`,
        ).toBe(each.status);
      },
      async () => {
        if (answer.status !== 400) return;
        const bare = await send(service, onlyKnown(each));
        if (bare.status !== each.status) return;
        lesson('refuses-the-unknown', {
          observed: `${request} answered 400: ${answer.text.slice(0, 160)}. Without what this API has no use for, it answers ${bare.status}.`,
          meaning:
            'Nobody promised that unknown input is refused, and clients send it: cache busters, tracking, fields of another version. To begin refusing it breaks them on the day of the deploy.',
          lookAt: 'what your checks may look at, for a version that has clients.',
        });
      },
    );
    const { body } = answer;
    const read = (): unknown => CLIENTS[each.client]?.(body);
    await explain(
      () => {
        expect(JSON.stringify(read()), `what the ${each.client} reads from ${request}`).toBe(
          JSON.stringify(each.read),
        );
      },
      () => {
        changedType(request, body);
      },
    );
  }
});

/** The request without parameters and fields that the API does not document. */
function onlyKnown(each: Recorded): Recorded {
  const url = new URL(each.path, 'http://host');
  for (const name of url.searchParams.keys().toArray()) {
    if (!['type', 'since', 'limit', 'cursor', 'count'].includes(name))
      url.searchParams.delete(name);
  }
  const known = ['shipmentId', 'type', 'ts', 'payload'];
  const fields = Object.entries(each.body ?? {}).filter(([name]) => known.includes(name));
  return {
    ...each,
    path: url.pathname + url.search,
    ...(each.body && { body: Object.fromEntries(fields) }),
  } as Recorded;
}

function changedType(request: string, body: unknown): void {
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

test('v1 has occurredAt beside ts', async ({ service }) => {
  for (const path of ['/v1/events?limit=3', '/v1/shipments/4711/events']) {
    const { items } = pageOf(await service.get(path));
    const times = (items as (Event & { occurredAt?: unknown })[]).map((event) => event.occurredAt);
    expect(times, `occurredAt in GET ${path}, beside ts`).toEqual(items.map(({ ts }) => ts));
  }
});

test('a type of any new kind is "other" to clients of v1', async ({ service, postgres }) => {
  const shipment = 4714;
  // The last of them is a name that every object of JavaScript has.
  const types = ['customs_hold', 'customs_released', 'drone_handover', 'constructor'];
  for (const [hour, type] of types.entries()) {
    await recordEvent(postgres, { shipment, type, at: `2026-02-08T0${hour}:00:00Z` });
  }
  for (const path of [
    pathOf(`/v1/shipments/${shipment}/events`, { limit: 4 }),
    pathOf('/v1/events', { since: '2026-02-08T00:00:00Z', limit: 4 }),
  ]) {
    const { items } = pageOf(await service.get(path));
    await explain(
      () => {
        expect(
          items.map(({ type }) => type).join(', '),
          `types in GET ${path}, of four events of newer types`,
        ).toBe('other, other, other, other');
        for (const event of items) strictly(event);
      },
      () => {
        const shown = items.map(({ type }) => type).filter((type) => types.includes(type));
        if (shown.length === 0) return;
        lesson('new-value-in-an-old-enum', {
          observed: `GET ${path} shows ${shown.map((type) => `"${type}"`).join(', ')}. The strict client knows the five types of v1's first day and "other".`,
          meaning:
            'To whoever decodes into a closed list, a new value is as foreign as a missing field: the whole page is refused. Whoever writes the table decides what will come next, not this service.',
          lookAt:
            'the edge where v1 is written out, and what it does with a type that it was not born with.',
        });
      },
    );
  }
});

test('a new type that is posted is kept', async ({ service, postgres }) => {
  const ts = '2026-02-08T05:00:00.123456Z';
  const event = { shipmentId: 4715, type: 'customs_hold', ts };
  // With what nobody asked for: one client sends the name that v1 only shows, with a time of its own.
  const sent = { ...event, occurredAt: '2020-01-01T00:00:00Z' };
  const { body } = (await service.post('/v1/events?source=erp', sent)).expect(201);
  const { id, type, ts: shown } = body as Event;
  expect(
    { type, ts: shown },
    `the answer to POST /v1/events?source=erp with ${JSON.stringify(sent)}`,
  ).toEqual({ type: 'other', ts: '2026-02-08T05:00:00.123Z' });
  const [row] = await postgres.query<{ type: string; at: string }>(
    `SELECT type, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
       FROM events WHERE id = $1`,
    [id],
  );
  await explain(
    () => {
      expect(row?.type, 'type in the table, of the customs_hold that was posted').toBe(
        'customs_hold',
      );
    },
    () => {
      if (row?.type !== 'other') return;
      lesson('mapped-on-write', {
        observed: 'A customs_hold was posted, and the table has "other".',
        meaning:
          "What v1 cannot say is a matter of v1. Written into the table, the loss is everybody's and for ever: no later version can show what it was.",
        lookAt: 'on which side of the table the mapping belongs.',
      });
    },
  );
  expect(row?.at, 'occurred_at in the table, of the event that was posted').toBe(ts);
  const other = JSON.stringify({ ...event, type: 'other' });
  await expectProblem(
    await service.post('/v1/events', JSON.parse(other)),
    400,
    'invalid-body',
    other,
  );
});

test('v1 is filtered by its five types', async ({ service }) => {
  for (const type of ['customs_hold', 'other']) {
    await expectProblem(await service.get(`/v1/events?type=${type}`), 400, 'invalid-parameter');
  }
});

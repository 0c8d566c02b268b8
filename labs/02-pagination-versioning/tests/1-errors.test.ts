import {
  type Answer,
  expect,
  explain,
  lesson,
  type StartedService,
  test,
} from '@backend-labs/testkit';
import { withoutEvents } from './support/events.ts';
import { expectProblem } from './support/problem.ts';

interface Mistake {
  readonly code: string;
  readonly status: number;
  readonly send: (service: StartedService) => Promise<Answer>;
  /** What is sent, for the reader. */
  readonly body?: string;
  /** Other statuses that are as good. */
  readonly or?: readonly number[];
}

const get = (path: string, status: number, code: string): Mistake => ({
  code,
  status,
  send: (service) => service.get(path),
});
const post = (body: unknown): Mistake => ({
  code: 'invalid-body',
  status: 400,
  send: (service) =>
    service.post('/v1/events', body, { headers: { 'content-type': 'application/json' } }),
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
/** A body of which the parser, not the handler, has something to say. */
const unreadable = (what: string, headers: Record<string, string>, payload = {}): Mistake => ({
  code: 'invalid-body',
  status: 400,
  or: [413, 415],
  send: (service) =>
    // Wrong in any case, for a service that can read it.
    service.post('/v1/events', JSON.stringify({ ...EVENT, type: 'teleported', payload }), {
      headers: { 'content-type': 'application/json', ...headers },
    }),
  body: what,
});
const without = (method: string, path: string): Mistake => ({
  code: 'method-not-allowed',
  status: 405,
  send: (service) => service.request(method, path),
});

const EVENT = { shipmentId: 4711, type: 'delivered', ts: '2026-02-07T09:00:00Z' };

const MISTAKES: readonly Mistake[] = [
  get('/v1/events?limit=abc', 400, 'invalid-parameter'),
  get('/v1/events?limit=0', 400, 'invalid-parameter'),
  get('/v1/events?limit=-5', 400, 'invalid-parameter'),
  get('/v1/events?limit=2.5', 400, 'invalid-parameter'),
  get('/v1/events?limit=1001', 400, 'invalid-parameter'),
  get('/v1/events?limit=100000', 400, 'invalid-parameter'),
  get('/v1/events?limit=', 400, 'invalid-parameter'),
  get('/v1/events?limit=5&limit=5', 400, 'invalid-parameter'),
  get('/v1/shipments/4711/events?limit=0', 400, 'invalid-parameter'),
  get('/v1/events?type=teleported', 400, 'invalid-parameter'),
  get('/v1/events?type=', 400, 'invalid-parameter'),
  get('/v1/events?since=', 400, 'invalid-parameter'),
  get('/v1/events?since=yesterday', 400, 'invalid-parameter'),
  get('/v1/events?since=2026-02-07T09:00:00', 400, 'invalid-parameter'),
  get('/v1/events?since=2026-02-30T00:00:00Z', 400, 'invalid-parameter'),
  get('/v1/events?since=0000-01-01T00:00:00Z', 400, 'invalid-parameter'),
  get('/v1/events?cursor=page2', 400, 'invalid-cursor'),
  get('/v1/events?cursor=', 400, 'invalid-cursor'),
  get('/v1/events?cursor=%F0%9F%9A%9A', 400, 'invalid-cursor'),
  get('/v1/shipments/4711/events?cursor=page2', 400, 'invalid-cursor'),
  get('/v1/shipments/987654321/events', 404, 'not-found'),
  get('/v1/shipments/abc/events', 404, 'not-found'),
  get('/v1/shipments/99999999999999999999/events', 404, 'not-found'),
  // One more than bigint holds.
  get('/v1/shipments/9223372036854775808/events', 404, 'not-found'),
  get('/v1/shipments/%zz/events', 404, 'not-found'),
  get('/v1/parcels', 404, 'not-found'),
  without('DELETE', '/v1/events'),
  without('PUT', '/v1/shipments/4711/events'),
  without('PUT', '/openapi.json'),
  post('{"shipmentId": 4711,'),
  post({ ...EVENT, type: 'teleported' }),
  post({ ...EVENT, shipmentId: '4711' }),
  post({ ...EVENT, shipmentId: 1.5 }),
  post({ ...EVENT, shipmentId: 1e30 }),
  post({ ...EVENT, ts: '2026-02-30T00:00:00Z' }),
  post({ ...EVENT, ts: '0000-01-01T00:00:00Z' }),
  post({ ...EVENT, ts: '1 Jan 2026' }),
  post({ ...EVENT, payload: [] }),
  // Who takes it for none is right, too.
  { ...post({ ...EVENT, payload: null }), or: [201] },
  post({ ...EVENT, payload: { note: 'a\0b' } }),
  post({ ...EVENT, payload: { 'a\0b': 'note' } }),
  unreadable('an event of 120 kB', {}, { note: 'x'.repeat(120_000) }),
  unreadable('a charset that nobody uses', { 'content-type': 'application/json; charset=latin1' }),
  unreadable('a body that is not gzip', { 'content-encoding': 'gzip' }),
  post({ shipmentId: 4711, type: 'delivered' }),
  post('[]'),
  post('null'),
  {
    code: 'invalid-body',
    status: 400,
    send: (service) => service.post('/v1/events'),
    body: 'no body',
  },
];

test('what already works still does', async ({ service }) => {
  const list = (await service.get('/v1/events?type=delivered&limit=1000')).expect(200);
  const { items, nextCursor } = list.body as { items: unknown[]; nextCursor: unknown };
  expect(items.length, 'number of items of a page of 1000').toBe(1000);
  expect(nextCursor, 'nextCursor of a page of 1000, of more').toEqual(expect.any(String));
  const page = (await service.get('/v1/events')).expect(200);
  const shown = (page.body as { items: unknown[] }).items.length;
  expect(shown, 'number of items of a page without a limit').toBe(50);
  const created = (await service.post('/v1/events', EVENT)).expect(201);
  expect(created.body, 'the event that POST /v1/events answers').toMatchObject({
    type: EVENT.type,
    ts: '2026-02-07T09:00:00.000Z',
  });
});

test('each mistake has its status and type, and each type its title', async ({ service }) => {
  const titles = new Map<string, Set<string>>();
  for (const { send, status, or = [], code, body } of MISTAKES) {
    const answer = await send(service);
    if (answer.status < 300 && or.includes(answer.status)) continue;
    const right = or.find((each) => each === answer.status) ?? status;
    const { type, title } = await expectProblem(answer, right, code, body);
    titles.set(type, (titles.get(type) ?? new Set()).add(title));
  }
  for (const [type, seen] of titles) {
    await explain(
      () => {
        expect(seen.size, `number of titles of ${type}: ${[...seen].join(' / ')}`).toBe(1);
      },
      () =>
        lesson('title-per-answer', {
          observed: `Answers of type ${type} have ${seen.size} titles: ${[...seen].slice(0, 2).join(' / ')}`,
          meaning:
            'The type and its title name a kind of problem, which clients and dashboards group by. What is special about this one occurrence makes every answer a kind of its own.',
          lookAt: 'the member of RFC 9457 that is meant for this one occurrence.',
        }),
    );
  }
});

test('a wrong method is told the right ones', async ({ service }) => {
  const answer = await service.delete('/v1/events');
  const allowed = (answer.headers.allow ?? '').split(',').map((method) => method.trim());
  expect(allowed, 'Allow of DELETE /v1/events').toEqual(expect.arrayContaining(['GET', 'POST']));
});

test('a database that fails is a 500 that tells nothing of it', async ({ service, postgres }) => {
  const answers = await withoutEvents(postgres, async () => [
    await service.get('/v1/events'),
    await service.get('/v1/shipments/4711/events'),
    await service.post('/v1/events', EVENT),
  ]);
  for (const answer of answers) {
    await expectProblem(answer, 500, 'internal');
    await explain(
      () => {
        expect(answer.text, `the problem of ${answer.request}`).not.toMatch(TELLS);
      },
      () =>
        lesson('leaky-500', {
          observed: `A statement failed, and ${answer.request} answered: ${answer.text.slice(0, 200)}`,
          meaning:
            'The text of an unexpected error was written for your log. It tells a stranger about tables and statements, changes with every release, and helps no client to do better.',
          lookAt: 'which errors carry a text that was written for the sender of the request.',
        }),
    );
  }
  (await service.get('/v1/events?limit=1')).expect(200);
});

const TELLS = /relation|does not exist|42P01|SELECT|INSERT|\bat .*\.ts:/u;

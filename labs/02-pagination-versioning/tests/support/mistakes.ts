import type { Answer, StartedService } from '@backend-labs/testkit';

/** A request that is answered with a problem. */
export interface Mistake {
  readonly code: string;
  /** The right status, or every right one. */
  readonly status: number | readonly number[];
  readonly send: (service: StartedService) => Promise<Answer>;
  /** What is sent, for the reader. */
  readonly body?: string;
  /** Whether it is as good to take it. */
  readonly orTaken?: boolean;
}

export const EVENT = {
  shipmentId: 4711,
  type: 'delivered',
  ts: '2026-02-07T09:00:00Z',
  payload: {},
};

const JSON_BODY = { 'content-type': 'application/json' };

const get = (path: string, status: number, code: string): Mistake => ({
  code,
  status,
  send: (service) => service.get(path),
});
const parameter = (path: string): Mistake => get(path, 400, 'invalid-parameter');
const cursor = (path: string): Mistake => get(path, 400, 'invalid-cursor');
const unknown = (path: string): Mistake => get(path, 404, 'not-found');

export const PARAMETERS: readonly Mistake[] = [
  parameter('/v1/events?limit=abc'),
  parameter('/v1/events?limit=0'),
  parameter('/v1/events?limit=-5'),
  parameter('/v1/events?limit=2.5'),
  parameter('/v1/events?limit=1001'),
  parameter('/v1/events?limit=100000'),
  parameter('/v1/events?limit='),
  parameter('/v1/events?limit=5&limit=5'),
  parameter('/v1/shipments/4711/events?limit=0'),
  parameter('/v1/shipments/4711/events?limit=1001'),
  parameter('/v1/events?type=teleported'),
  parameter('/v1/events?type='),
  parameter('/v1/events?type=created&type=delivered'),
  parameter('/v1/events?since='),
  parameter('/v1/events?since=yesterday'),
  parameter('/v1/events?since=2026-02-07T09:00:00'),
  parameter('/v1/events?since=2026-02-30T00:00:00Z'),
  // JavaScript also reads years of six digits. RFC 3339 does not have them.
  parameter('/v1/events?since=%2B002026-02-07T09:00:00Z'),
  parameter('/v1/events?since=2026-02-07T09:00:00%2B25:00'),
  parameter('/v1/events?since=2026-02-07T09:00:00%2B01:99'),
  parameter('/v1/events?since=2026-02-07T09:00:00Z&since=2026-02-07T09:00:00Z'),
];

export const CURSORS: readonly Mistake[] = [
  cursor('/v1/events?cursor=page2'),
  cursor('/v1/events?cursor='),
  cursor('/v1/events?cursor=%F0%9F%9A%9A'),

  cursor('/v1/shipments/4711/events?cursor=page2'),
  cursor('/v1/shipments/4711/events?cursor='),
];

export const NOT_FOUND: readonly Mistake[] = [
  unknown('/v1/shipments/987654321/events'),
  unknown('/v1/shipments/abc/events'),
  unknown('/v1/shipments/99999999999999999999/events'),
  // One more than bigint holds.
  unknown('/v1/shipments/9223372036854775808/events'),
  unknown('/v1/shipments/%zz/events'),
  unknown('/v1/parcels'),
  unknown('/parcels'),
];

/** The methods that a route has, and one that it does not have. */
export const METHODS = [
  { method: 'DELETE', path: '/v1/events', allowed: ['GET', 'POST'] },
  { method: 'PUT', path: '/v1/shipments/4711/events', allowed: ['GET'] },
  { method: 'PUT', path: '/openapi.json', allowed: ['GET'] },
] as const;

const post = (body: unknown): Mistake => ({
  code: 'invalid-body',
  status: 400,
  send: (service) => service.post('/v1/events', body, { headers: JSON_BODY }),
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
/** A body of which the parser, not the handler, has something to say. */
const unreadable = (what: string, headers: Record<string, string>, payload = {}): Mistake => ({
  code: 'invalid-body',
  status: [400, 413, 415],
  send: (service) =>
    // Wrong in any case, for a service that can read it.
    service.post('/v1/events', JSON.stringify({ ...EVENT, type: 'teleported', payload }), {
      headers: { ...JSON_BODY, ...headers },
    }),
  body: what,
});

export const BODIES: readonly Mistake[] = [
  { ...post('{"shipmentId": 4711,'), status: [400, 413, 415] },
  post('[]'),
  post('null'),
  {
    ...post(''),
    status: [400, 415],
    send: (service) => service.post('/v1/events'),
    body: 'no body',
  },
  unreadable('an event of 120 kB', {}, { note: 'x'.repeat(120_000) }),
  unreadable('a charset that nobody uses', { 'content-type': 'application/json; charset=latin1' }),
  unreadable('a body that is not gzip', { 'content-encoding': 'gzip' }),
  post({ shipmentId: 4711, type: 'delivered' }),
  post({ shipmentId: 4711, ts: EVENT.ts }),
  post({ type: 'delivered', ts: EVENT.ts }),
  post({ ...EVENT, type: 'teleported' }),
  post({ ...EVENT, shipmentId: '4711' }),
  post({ ...EVENT, shipmentId: 1.5 }),
  post({ ...EVENT, shipmentId: 1e30 }),
  post({ ...EVENT, ts: '2026-02-30T00:00:00Z' }),
  post({ ...EVENT, ts: '2026-02-07T09:00:00+25:00' }),
  post({ ...EVENT, ts: '1 Jan 2026' }),
  // In UTC it is in the year 10000, so the service may also accept it.
  { ...post({ ...EVENT, ts: '9999-12-31T23:30:00-01:00' }), orTaken: true },
  post({ ...EVENT, payload: [] }),
  // A service that takes it for none is also right.
  { ...post({ ...EVENT, payload: null }), orTaken: true },
  post({ ...EVENT, payload: { note: 'a\0b' } }),
  post({ ...EVENT, payload: { 'a\0b': 'note' } }),
  // Half of a surrogate pair: JSON can write it, and jsonb cannot hold it.
  post({ ...EVENT, payload: { note: 'a\ud83d' } }),
];

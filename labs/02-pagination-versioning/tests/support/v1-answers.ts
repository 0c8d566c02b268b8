import { type Answer, expect, type StartedService } from '@backend-labs/testkit';
import { linksOf } from './links.ts';

export const NOTICE = 'https://docs.shipments.example/v1-deprecation';

export const PAGE = '/v1/events?limit=2';

/** One request for every kind of answer that v1 has. */
export const REQUESTS: readonly ((service: StartedService) => Promise<Answer>)[] = [
  (service) => service.get(PAGE),
  (service) => service.get('/v1/shipments/4711/events'),
  (service) =>
    service.post('/v1/events', {
      shipmentId: 4717,
      type: 'delivered',
      ts: '2026-02-08T09:00:00Z',
    }),
  (service) => service.get('/v1/events?limit=abc'),
  (service) => service.get('/v1/events?cursor=page2'),
  (service) =>
    service.post('/v1/events', '{"shipmentId": 4711,', {
      headers: { 'content-type': 'application/json' },
    }),
  (service) => service.get('/v1/shipments/abc/events'),
  (service) => service.get('/v1/shipments/%zz/events'),
  (service) => service.get('/v1/parcels'),

  (service) => service.request('PUT', '/v1/events'),
  (service) => service.request('OPTIONS', '/v1/events'),
  (service) => service.request('HEAD', '/v1/events'),
];

/** Asserts that both headers are there, whatever they say. */
export function expectDates({ request, status, headers }: Answer): void {
  for (const name of ['deprecation', 'sunset'] as const) {
    const said = headers[name] ?? 'no such header';
    expect(said, `${name} of ${request}, which answered ${status}`).not.toBe('no such header');
  }
}

/** Asserts the links to the notice and to the successor, on the host that was asked. */
export function expectRetirementLinks(answer: Answer, origin: string): void {
  const links = linksOf(answer);
  for (const [rel, target] of [
    ['deprecation', NOTICE],
    ['successor-version', `${origin}/v2/events`],
  ] as const) {
    const link = links.find((each) => each.rel.includes(rel));
    expect(link?.target, `target of rel="${rel}" of ${answer.request}`).toBe(target);
  }
}

/** What an answer has of all this, in words; none of it for routes that are not retired. */
export function signsOfRetirement(answer: Answer): string[] {
  const rels = linksOf(answer).flatMap(({ rel }) => rel);
  return [
    ...['deprecation', 'sunset'].filter((name) => answer.headers[name] !== undefined),
    ...['deprecation', 'successor-version']
      .filter((rel) => rels.includes(rel))
      .map((rel) => `rel="${rel}"`),
  ];
}

/** The answer that a path leads to, by at most five redirects. */
export async function led(service: StartedService, path: string): Promise<Answer> {
  let answer = await service.get(path);
  for (let hops = 0; hops < 5; hops += 1) {
    const { status, headers } = answer;
    if (status < 300 || status >= 400 || headers.location === undefined) break;
    const { pathname, search } = new URL(headers.location, service.url);
    answer = await service.get(pathname + search);
  }
  return answer;
}

import {
  type Answer,
  expect,
  type PostgresProbe,
  type StartedService,
  thousands,
} from '@backend-labs/testkit';

/** Shipments that the seed made for a purpose; see data/2-seed.sql. */
export const SHIPMENT = {
  /** 20,000 events. */
  whale: 1,
  /** Some hundred, all of them lately. */
  recent: 2,
  /** Twenty. */
  twenty: 3,
} as const;

/** An event as a list of v1 shows it; of other versions, what they have in common. */
export interface Event {
  readonly id: number;
  readonly shipmentId: number;
  readonly type: string;
  readonly ts: string;
}

export interface Page {
  readonly items: Event[];
  readonly nextCursor: string | null;
  readonly total?: number;
}

/** Builds `/v1/events?type=…` with everything encoded. */
export function pathOf(path: string, query: Readonly<Record<string, string | number>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) search.set(name, String(value));
  return `${path}?${search.toString()}`;
}

/** The page in an answer that must have one. Fails as an assertion, whatever the body is. */
export function pageOf(answer: Answer): Page {
  const { body } = answer.expect(200);
  expect(body, `${answer.request} must answer { "items": [ … ], "nextCursor": … }`).toMatchObject({
    items: expect.any(Array),
    nextCursor: expect.toSatisfy(
      (cursor) => cursor === null || (typeof cursor === 'string' && cursor !== ''),
      'a text, or null on the last page',
    ),
  });
  return body as Page;
}

export async function readPage(
  service: StartedService,
  path: string,
  query: Readonly<Record<string, string | number>> = {},
): Promise<Page> {
  return pageOf(await service.get(pathOf(path, query)));
}

/** A cursor that the service issued, or a failed assertion. */
export function cursorOf(page: Page, what: string): string {
  expect(page.nextCursor, `nextCursor of ${what}, which has more pages`).toEqual(
    expect.any(String),
  );
  return page.nextCursor ?? '';
}

/** The cursor for the events behind the first `events` of a list. */
export async function cursorBehind(
  service: StartedService,
  path: string,
  events: number,
  query: Readonly<Record<string, string | number>> = {},
): Promise<string> {
  let cursor: string | undefined;
  for (let seen = 0; seen < events; seen += 1000) {
    const limit = Math.min(1000, events - seen);
    const page = await readPage(service, path, { ...query, limit, ...(cursor && { cursor }) });
    cursor = cursorOf(page, `${pathOf(path, query)} behind ${thousands(seen + limit)} events`);
  }
  return cursor ?? '';
}

/** Writes an event past the service, as the carriers' import does. Answers its id. */
export async function recordEvent(
  postgres: PostgresProbe,
  event: { shipment?: number; type?: string; at: string },
): Promise<number> {
  const rows = await postgres.query<{ id: number }>(
    `INSERT INTO events (shipment_id, type, occurred_at) VALUES ($1, $2, $3)
     RETURNING id::float8 AS id`,
    [event.shipment ?? 4, event.type ?? 'created', event.at],
  );
  return rows[0]?.id ?? Number.NaN;
}

import {
  type Answer,
  expect,
  type PostgresProbe,
  SqlError,
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
  /** 2,000, all of them among the oldest. */
  old: 20_000,
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

/**
 * Writes an event past the service, as the carriers' import does. Answers its id. A database that
 * refuses it has got that from a migration: a failed assertion.
 */
export async function recordEvent(
  postgres: PostgresProbe,
  event: { id?: string; shipment?: number; type?: string; at: string },
): Promise<number> {
  const { id, shipment = 4, type = 'created', at } = event;
  const [names, values] = id === undefined ? ['', ''] : ['id, ', '$4, '];
  try {
    const rows = await postgres.query<{ id: number }>(
      `INSERT INTO events (${names}shipment_id, type, occurred_at)
       VALUES (${values}$1, $2, $3)
       RETURNING id::float8 AS id`,
      [shipment, type, at, ...(id === undefined ? [] : [id])],
    );
    return rows[0]?.id ?? Number.NaN;
  } catch (error) {
    if (!(error instanceof SqlError) || !REFUSED.test(error.code)) throw error;
    return expect.fail(
      `An import wrote an event of type ${type}, as imports do without asking this service, and the table refused it since your migrations: ${error.message}`,
    );
  }
}

/** SQLSTATE: a value that a type or a constraint does not take, or a column that is not as it was. */
const REFUSED = /^(?:22|23|42)/u;

/** What `work` comes to while every statement on the events fails. */
export async function withoutEvents<T>(
  postgres: PostgresProbe,
  work: () => Promise<T>,
): Promise<T> {
  await postgres.query('ALTER TABLE events RENAME TO events_away');
  try {
    return await work();
  } finally {
    await postgres.query('ALTER TABLE events_away RENAME TO events');
  }
}

import type { PostgresProbe, StartedService } from '@backend-labs/testkit';
import { type Event, readPage, recordEvent } from './events.ts';

/** A list, and which rows of the table belong to it. */
export interface List {
  readonly path: string;
  readonly query: Readonly<Record<string, string | number>>;
  readonly condition: string;
}

/** An event of a list, as the table has it. */
export interface Row {
  readonly id: number;
  /** When it occurred, with all digits. */
  readonly at: string;
}

export function rowsOf(postgres: PostgresProbe, { condition }: List): Promise<Row[]> {
  return postgres.query<{ id: number; at: string }>(
    `SELECT id::float8 AS id,
            to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS at
       FROM events WHERE ${condition} ORDER BY occurred_at DESC, events.id DESC`,
  );
}

/** Writes of others while a client walks, after the n-th page, which ended with `page`. */
export type Others = (n: number, page: readonly Event[]) => Promise<unknown>;

/** Reads page after page until there is no cursor; stops when it has read twice as much as there was. */
export async function walk(
  service: StartedService,
  { path, query }: List,
  most: number,
  others: Others,
): Promise<Event[][]> {
  const pages: Event[][] = [];
  let cursor: string | null = '';
  for (let seen = 0; cursor !== null && seen < 2 * most;) {
    const page = await readPage(service, path, { ...query, ...(cursor && { cursor }) });
    pages.push(page.items);
    cursor = page.nextCursor;
    seen += Math.max(1, page.items.length);
    if (cursor !== null) await others(pages.length, page.items);
  }
  return pages;
}

/**
 * Five newer events come after each page up to the `turn`-th; after that five events that the client has
 * seen go, but never the last of a page. So positions move, first one way, then the other.
 */
export const busy =
  (postgres: PostgresProbe, turn: number, shipment: number): Others =>
  async (n, page) => {
    if (n > turn) {
      const gone = page.slice(0, 5).map(({ id }) => id);
      await postgres.query('DELETE FROM events WHERE id = ANY ($1::bigint[])', [gone]);
      return;
    }
    for (let each = 0; each < 5; each += 1) {
      await recordEvent(postgres, { shipment, at: `2026-03-01T00:00:${10 + n}.00000${each}Z` });
    }
  };

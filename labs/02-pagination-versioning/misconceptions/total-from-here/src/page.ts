import type { Request } from 'express';
import type { Pool } from 'pg';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { EVENT_COLUMNS, type EventRow } from './event.ts';
import { limitOf, optional, wantsCount } from './params.ts';

/** Which events a list shows. */
export interface Filter {
  /** Names the list and all its filters: a cursor is good for one scope. */
  readonly scope: string;
  /** SQL conditions; `$1` and so on stand for `values`. */
  readonly conditions: readonly string[];
  readonly values: readonly unknown[];
}

export interface Page<Item> {
  items: Item[];
  /** About how many events the filter selects; only when asked for. */
  total?: number;
  /** For the next page; null on the last. */
  nextCursor: string | null;
}

/** The page that a request asks for, newest first; equal instants by the higher id first. */
export async function readPage<Item>(
  pool: Pool,
  req: Request,
  filter: Filter,
  present: (row: EventRow) => Item,
): Promise<Page<Item>> {
  const limit = limitOf(req);
  const counts = wantsCount(req);
  const cursor = optional(req, 'cursor');
  const conditions = [...filter.conditions];
  const values = [...filter.values];
  if (cursor !== undefined) {
    const { at, id } = decodeCursor(cursor, filter.scope);
    const place = `($${values.push(at)}::timestamptz, $${values.push(id)}::bigint)`;
    conditions.push(`(occurred_at, id) < ${place}`);
  }
  const filled = [...values];
  // One more than the page shows whether there is a next one.
  const { rows } = await pool.query<EventRow>(
    `SELECT ${EVENT_COLUMNS}
       FROM events
      ${where(conditions)}
      ORDER BY occurred_at DESC, id DESC
      LIMIT $${values.push(limit + 1)}`,
    values,
  );
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(present),
    ...(counts && { total: await estimate(pool, conditions, filled) }),
    nextCursor: last ? encodeCursor({ at: last.exactly, id: last.id }, filter.scope) : null,
  };
}

/** What the planner believes, from the statistics that it keeps anyway. */
async function estimate(
  pool: Pool,
  conditions: readonly string[],
  values: readonly unknown[],
): Promise<number> {
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    `EXPLAIN (FORMAT JSON) SELECT FROM events ${where(conditions)}`,
    [...values],
  );
  return rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

const where = (conditions: readonly string[]): string =>
  conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';

import type { Pool } from 'pg';
import { EVENT_COLUMNS, type EventRow, type EventV1, toEventV1 } from './event.ts';

/** The events that a page shows. */
export interface PageQuery {
  /** SQL conditions; `$1` and so on stand for `values`. */
  readonly conditions: readonly string[];
  readonly values: readonly unknown[];
  readonly limit: number;
  readonly cursor: string | undefined;
}

export interface Page {
  items: EventV1[];
  total: number;
  /** For the next page; null on the last. */
  nextCursor: string | null;
}

/** A page of events, newest first. */
export async function readPage(pool: Pool, query: PageQuery): Promise<Page> {
  const { conditions, values, limit } = query;
  const offset = query.cursor === undefined ? 0 : decode(query.cursor);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const { rows } = await pool.query<EventRow>(
    `SELECT ${EVENT_COLUMNS}
       FROM events
      ${where}
      ORDER BY occurred_at DESC, id
      LIMIT $${values.length + 1} OFFSET $${values.length + 2}`,
    [...values, limit, offset],
  );
  const counted = await pool.query<{ total: string }>(
    `SELECT count(*) AS total FROM events ${where}`,
    [...values],
  );
  const total = Number(counted.rows[0]?.total);
  const seen = offset + rows.length;
  return {
    items: rows.map(toEventV1),
    total,
    nextCursor: seen < total ? encode(seen) : null,
  };
}

const encode = (offset: number): string => Buffer.from(String(offset)).toString('base64url');
const decode = (cursor: string): number => Number(Buffer.from(cursor, 'base64url').toString());

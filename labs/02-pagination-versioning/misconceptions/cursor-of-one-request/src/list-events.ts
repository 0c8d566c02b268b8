import type { Request, RequestHandler } from 'express';
import type { Pool } from 'pg';
import { EVENT_TYPES, type EventRow, V1_TYPES } from './event.ts';
import { linkNext } from './links.ts';
import { type Filter, readPage } from './page.ts';
import { sinceOf, typeOf } from './params.ts';
import { toEventV1 } from './v1.ts';
import { toEventV2 } from './v2.ts';

/** `GET /v1/events?type=&since=&limit=&cursor=&count=`: events of all shipments, newest first. */
export const listEventsV1 = (pool: Pool): RequestHandler => list(pool, V1_TYPES, toEventV1);

/** `GET /v2/events`: the same list, in v2's words. */
export const listEventsV2 = (pool: Pool): RequestHandler => list(pool, EVENT_TYPES, toEventV2);

function list<Item>(
  pool: Pool,
  types: readonly string[],
  present: (row: EventRow) => Item,
): RequestHandler {
  return async (req, res) => {
    const page = await readPage(pool, req, filterOf(req, types), present);
    linkNext(req, res, page.nextCursor);
    res.json(page);
  };
}

function filterOf(req: Request, types: readonly string[]): Filter {
  const type = typeOf(req, types);
  const since = sinceOf(req);
  const conditions: string[] = [];
  const values: unknown[] = [];
  if (type !== undefined) conditions.push(`type = $${values.push(type)}`);
  if (since !== undefined) conditions.push(`occurred_at >= $${values.push(since)}`);
  // Whatever filters are added one day are in it, too.
  const { cursor: _cursor, limit: _limit, ...list } = req.query;
  return { scope: JSON.stringify([req.path, list]), conditions, values };
}

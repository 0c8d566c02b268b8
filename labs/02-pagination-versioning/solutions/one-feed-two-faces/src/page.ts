import type { Request, Response } from 'express';
import type { Pool } from 'pg';
import { seal, unseal } from './cursor.ts';
import { EVENT_COLUMNS, type Event } from './event.ts';
import { askedOf } from './params.ts';

/** Conditions of SQL by their text, with `?` where the value goes. */
export type Where = Readonly<Record<string, unknown>>;

/**
 * Answers a page of the events that fit, newest first, in the words of a version.
 *
 * @returns how many events are on it.
 */
export async function sendPage(
  pool: Pool,
  req: Pick<Request, 'query' | 'path' | 'originalUrl' | 'protocol' | 'host'> & { baseUrl: string },
  res: Response,
  where: Where,
  render: (event: Event) => unknown,
): Promise<void> {
  const { limit, cursor, counted } = askedOf(req);
  const scope = JSON.stringify([req.baseUrl, req.path, where]);
  const place = cursor === undefined ? {} : after(unseal(cursor, scope));
  const { rows } = await pool.query<Event>(...select(EVENT_COLUMNS, { ...where, ...place }, limit));
  // The page asks for one event more than it shows: if that comes, there is a next page.
  const items = rows.slice(0, limit);
  const end = rows.length > limit ? items.at(-1) : undefined;
  const nextCursor = end ? seal(`${end.occurredAt} ${end.id}`, scope) : null;
  if (nextCursor !== null) {
    const next = new URL(`${req.protocol}://${req.host}${req.originalUrl}`);
    next.searchParams.set('cursor', nextCursor);
    res.append('Link', `<${next.toString()}>; rel="next"`);
  }
  const total = counted ? { total: await estimate(pool, where) } : {};
  res.json({ items: items.map(render), ...total, nextCursor });
}

/** The first condition is where the index begins, the second leaves out what shares the instant. */
function after(place: string): Where {
  const [at, id] = place.split(' ');
  return {
    'occurred_at <= ?::timestamptz': at,
    '(occurred_at, id) < (?::timestamptz, ?::bigint)': [at, id],
  };
}

async function estimate(pool: Pool, where: Where): Promise<number> {
  const [text, values] = select('1', where, undefined);
  const { rows } = await pool.query<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }>(
    `EXPLAIN (FORMAT JSON) ${text}`,
    values,
  );
  return rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
}

function select(columns: string, where: Where, limit: number | undefined): [string, unknown[]] {
  const values: unknown[] = [];
  const conditions = Object.entries(where).map(([condition, given]) => {
    const inOrder = [given].flat();
    return condition.replaceAll('?', () => `$${values.push(inOrder.shift())}`);
  });
  const filter = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const page = limit === undefined ? '' : `ORDER BY occurred_at DESC, id DESC LIMIT ${limit + 1}`;
  return [`SELECT ${columns} FROM events ${filter} ${page}`, values];
}

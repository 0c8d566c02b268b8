import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readPage } from './page.ts';
import { asInstant, limitOf, optional } from './params.ts';

/** `GET /v1/events?type=&since=&limit=&cursor=`: events of all shipments, newest first. */
export function listEvents(pool: Pool): RequestHandler {
  return async (req, res) => {
    const conditions: string[] = [];
    const values: unknown[] = [];
    const type = optional(req, 'type');
    if (type !== undefined) conditions.push(`type = $${values.push(type)}`);
    const since = optional(req, 'since');
    if (since !== undefined) conditions.push(`occurred_at >= $${values.push(asInstant(since))}`);
    res.json(
      await readPage(pool, {
        conditions,
        values,
        limit: limitOf(req),
        cursor: optional(req, 'cursor'),
      }),
    );
  };
}

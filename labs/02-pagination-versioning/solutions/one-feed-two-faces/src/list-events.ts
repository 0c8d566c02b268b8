import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { InvalidParameter } from './errors.ts';
import type { Event } from './event.ts';
import { sendPage } from './page.ts';
import { choice, isInstant, optional } from './params.ts';

/** `GET /v1/events` and `GET /v2/events`: one feed, and a face for each version. */
export function listEvents(
  pool: Pool,
  types: readonly string[],
  render: (event: Event) => unknown,
): RequestHandler {
  return async (req, res) => {
    const type = choice(req, 'type', types);
    const since = optional(req, 'since');
    if (since !== undefined && !isInstant(since))
      throw new InvalidParameter('since is not an instant');
    const where = {
      ...(type !== undefined && { 'type = ?': type }),
      ...(since !== undefined && { 'occurred_at >= ?': since }),
    };
    await sendPage(pool, req, res, where, render);
  };
}

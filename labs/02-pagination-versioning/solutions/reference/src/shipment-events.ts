import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { linkNext } from './links.ts';
import { readPage } from './page.ts';
import { Problem } from './problems.ts';
import { toEventV1 } from './v1.ts';

/** `GET /v1/shipments/:id/events?limit=&cursor=&count=`: events of one shipment, newest first. */
export function shipmentEvents(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { id } = req.params;
    // Longer ones are beyond bigint, and so nobody's.
    if (!/^\d{1,18}$/.test(id)) throw unknown(id);
    const filter = {
      scope: JSON.stringify([req.path]),
      conditions: ['shipment_id = $1'],
      values: [id],
    };
    const page = await readPage(pool, req, filter, toEventV1);
    // Behind the last event of a shipment a page may be empty.
    if (page.items.length === 0 && req.query['cursor'] === undefined) throw unknown(id);
    linkNext(req, res, page.nextCursor);
    res.json(page);
  };
}

const unknown = (id: string): Problem => new Problem('not-found', `There is no shipment ${id}.`);

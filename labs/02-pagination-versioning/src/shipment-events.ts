import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest } from './errors.ts';
import { readPage } from './page.ts';
import { limitOf, optional } from './params.ts';

/** `GET /v1/shipments/:id/events?limit=&cursor=`: events of one shipment, newest first. */
export function shipmentEvents(pool: Pool): RequestHandler {
  return async (req, res) => {
    const page = await readPage(pool, {
      conditions: ['shipment_id = $1'],
      values: [req.params['id']],
      limit: limitOf(req),
      cursor: optional(req, 'cursor'),
    });
    if (page.total === 0) throw new BadRequest('no such shipment');
    res.json(page);
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest } from './errors.ts';
import { EVENT_COLUMNS, EVENT_TYPES, type EventRow, toEventV1 } from './event.ts';

/** `POST /v1/events`: a carrier tells what happened to a shipment. */
export function createEvent(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { shipmentId, type, ts, payload = {} } = (req.body ?? {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(shipmentId)) throw new BadRequest('shipmentId must be a number');
    if (!EVENT_TYPES.some((each) => each === type)) {
      throw new BadRequest(`type must be one of ${EVENT_TYPES.join(', ')}`);
    }
    if (typeof ts !== 'string' || Number.isNaN(Date.parse(ts))) {
      throw new BadRequest('ts must be an instant');
    }
    const { rows } = await pool.query<EventRow>(
      `INSERT INTO events (shipment_id, type, occurred_at, payload)
       VALUES ($1, $2, $3, $4)
    RETURNING ${EVENT_COLUMNS}`,
      [shipmentId, type, ts, payload],
    );
    res.status(201).json(rows.map(toEventV1)[0]);
  };
}

import type { RequestHandler } from 'express';
import { DatabaseError, type Pool } from 'pg';
import { EVENT_COLUMNS, EVENT_TYPES, type EventRow } from './event.ts';
import { isInstant } from './params.ts';
import { Problem } from './problems.ts';
import { toEventV1 } from './v1.ts';

/** `POST /v1/events`: a carrier tells what happened to a shipment. */
export function createEvent(pool: Pool): RequestHandler {
  return async (req, res) => {
    const values = valuesOf(req.body);
    const { rows } = await pool
      .query<EventRow>(
        `INSERT INTO events (shipment_id, type, occurred_at, payload)
         VALUES ($1, $2, $3, $4)
      RETURNING ${EVENT_COLUMNS}`,
        values,
      )
      .catch(blameValues);
    res.status(201).json(rows.map(toEventV1)[0]);
  };
}

/** SQLSTATE class 22: a value that JSON has and Postgres cannot hold, such as a text with a NUL. */
function blameValues(error: unknown): never {
  if (!(error instanceof DatabaseError) || error.code?.startsWith('22') !== true) throw error;
  throw new Problem('invalid-body', 'payload has something that cannot be stored.');
}

/** The columns of a new event. Fields that nobody asked for are left alone. */
function valuesOf(body: unknown): unknown[] {
  if (!isObject(body)) throw new Problem('invalid-body', 'The body must be a JSON object.');
  const { shipmentId, type, ts, payload = {} } = body;
  if (!Number.isSafeInteger(shipmentId) || Number(shipmentId) < 1) {
    throw new Problem('invalid-body', 'shipmentId must be a positive whole number.');
  }
  if (!EVENT_TYPES.some((each) => each === type)) {
    throw new Problem('invalid-body', `type must be one of ${EVENT_TYPES.join(', ')}.`);
  }
  if (!isInstant(ts)) throw new Problem('invalid-body', 'ts must be an instant with its zone.');
  if (!isObject(payload)) throw new Problem('invalid-body', 'payload must be a JSON object.');
  return [shipmentId, type, ts, payload];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

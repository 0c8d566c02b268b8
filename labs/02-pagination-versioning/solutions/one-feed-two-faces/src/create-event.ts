import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { InvalidBody } from './errors.ts';
import { ALL_TYPES, asV1, EVENT_COLUMNS, type Event } from './event.ts';
import { isInstant } from './params.ts';

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Text of jsonb has no NUL and no half of a surrogate pair, neither in names nor in values. */
const isStorable = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).flat().every(isStorable);
};

/** What each field of a new event must be. Others are left alone. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  shipmentId: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  type: (value) => ALL_TYPES.some((type) => type === value),
  ts: isInstant,
  payload: (value) => isObject(value) && isStorable(value),
};

/** `POST /v1/events`: a carrier tells what happened to a shipment. */
export function createEvent(pool: Pool): RequestHandler {
  return async (req, res) => {
    const body = { payload: {}, ...(isObject(req.body) && (req.body as Record<string, unknown>)) };
    const event: Readonly<Record<string, unknown>> = body;
    const wrong = Object.keys(FIELDS).filter((name) => FIELDS[name]?.(event[name]) !== true);
    if (wrong.length > 0) throw new InvalidBody(`not as documented: ${wrong.join(', ')}`);
    const { rows } = await pool.query<Event>(
      `INSERT INTO events (shipment_id, type, occurred_at, payload)
       VALUES ($1, $2, $3, $4)
    RETURNING ${EVENT_COLUMNS}`,
      Object.keys(FIELDS).map((name) => event[name]),
    );
    res.status(201).json(rows.map(asV1)[0]);
  };
}

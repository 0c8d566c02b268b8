export const EVENT_TYPES = [
  'created',
  'picked_up',
  'in_transit',
  'delivered',
  'exception',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Columns of `EventRow`, for a SELECT or RETURNING. */
export const EVENT_COLUMNS = 'id, shipment_id, type, occurred_at, payload';

/** A row as pg hands it over: bigint columns are strings, instants are cut to milliseconds. */
export interface EventRow {
  id: string;
  shipment_id: string;
  type: string;
  occurred_at: Date;
  payload: Record<string, unknown>;
}

/** An event as clients of v1 see it. */
export interface EventV1 {
  id: number;
  shipmentId: number;
  type: string;
  ts: string;
  payload: Record<string, unknown>;
}

export function toEventV1(row: EventRow): EventV1 {
  return {
    id: Number(row.id),
    shipmentId: Number(row.shipment_id),
    type: row.type,
    ts: row.occurred_at.toISOString(),
    payload: row.payload,
  };
}

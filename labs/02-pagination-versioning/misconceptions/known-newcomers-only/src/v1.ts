import { type EventRow, V2_TYPES } from './event.ts';

/** An event as clients of v1 see it. Fields may be added; none may go or change. */
export interface EventV1 {
  id: number;
  shipmentId: number;
  type: string;
  ts: string;
  /** The same as `ts`, under the name that v2 gives it. */
  occurredAt: string;
  payload: Record<string, unknown>;
}

export function toEventV1(row: EventRow): EventV1 {
  const ts = new Date(row.exactly).toISOString();
  return {
    id: Number(row.id),
    shipmentId: Number(row.shipment_id),
    type: V2_TYPES.includes(row.type) ? 'other' : row.type,
    ts,
    occurredAt: ts,
    payload: row.payload,
  };
}

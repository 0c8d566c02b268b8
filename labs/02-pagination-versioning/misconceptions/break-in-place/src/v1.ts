import { type EventRow, V1_TYPES } from './event.ts';

/** An event as clients of v1 see it. Fields may be added; none may go or change. */
export interface EventV1 {
  id: string;
  shipmentId: string;
  type: string;
  ts: string;
  /** The same as `ts`, under the name that v2 gives it. */
  occurredAt: string;
  payload: Record<string, unknown>;
}

export function toEventV1(row: EventRow): EventV1 {
  const ts = new Date(row.exactly).toISOString();
  return {
    id: row.id,
    shipmentId: row.shipment_id,
    type: V1_TYPES.includes(row.type) ? row.type : 'other',
    ts,
    occurredAt: ts,
    payload: row.payload,
  };
}

import type { EventRow } from './event.ts';

/** An event as clients of v2 see it. */
export interface EventV2 {
  id: string;
  shipmentId: string;
  /** An open list: clients must put up with types that they do not know. */
  type: string;
  /** To the microsecond. */
  occurredAt: string;
  payload: Record<string, unknown>;
}

export function toEventV2(row: EventRow): EventV2 {
  return {
    id: row.id,
    shipmentId: row.shipment_id,
    type: row.type,
    occurredAt: row.exactly,
    payload: row.payload,
  };
}

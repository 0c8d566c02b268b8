/** The types of v1's first day; its clients know no others. */
export const FIRST_TYPES = ['created', 'picked_up', 'in_transit', 'delivered', 'exception'];
export const ALL_TYPES = [...FIRST_TYPES, 'customs_hold', 'customs_released'];

/** Columns of an `Event`, which Postgres writes as v2 shows it. */
export const EVENT_COLUMNS = `id::text AS "id", shipment_id::text AS "shipmentId", type,
  to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "occurredAt", payload`;

/** An event as v2 shows it, and as the rest of the service knows it. */
export interface Event {
  id: string;
  shipmentId: string;
  type: string;
  /** With microseconds. */
  occurredAt: string;
  payload: Record<string, unknown>;
}

/** v1 is rendered from v2: numbers, milliseconds, the old name, and nothing newer than its types. */
export function asV1({ id, shipmentId, type, occurredAt, payload }: Event) {
  const ts = new Date(occurredAt).toISOString();
  return {
    id: Number(id),
    shipmentId: Number(shipmentId),
    type: FIRST_TYPES.includes(type) ? type : 'other',
    ts,
    occurredAt: ts,
    payload,
  };
}

export const asV2 = (event: Event): Event => event;

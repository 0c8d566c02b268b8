/** All types that carriers may send. What other programs write may have newer ones. */
export const EVENT_TYPES = [
  'created',
  'picked_up',
  'in_transit',
  'delivered',
  'exception',
  'customs_hold',
  'customs_released',
] as const;

/** The types of v1's first day. Its clients know no others. */
export const V1_TYPES: readonly string[] = EVENT_TYPES.slice(0, 5);

/** Columns of `EventRow`, for a SELECT or RETURNING. */
export const EVENT_COLUMNS = `id, shipment_id, type, payload,
  to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS exactly`;

/** A row as pg hands it over: bigint columns are strings. */
export interface EventRow {
  id: string;
  shipment_id: string;
  type: string;
  payload: Record<string, unknown>;
  /** When it occurred, to the microsecond, which a JavaScript Date cannot hold. */
  exactly: string;
}

import { expect } from '@backend-labs/testkit';
import type { Event } from './events.ts';

/** What a client read from an answer, to be compared with what it read on the day of the recording. */
export type Reader = (body: unknown) => unknown;

/** The types of v1's first day. `other` was announced then, for whatever comes. */
export const KNOWN = ['created', 'picked_up', 'in_transit', 'delivered', 'exception', 'other'];

/**
 * The partner's nightly sync, with a decoder generated from the contract: every field must be there
 * and of its type, a type must be one it knows. Fields it does not know it leaves alone.
 */
export const nightlySync: Reader = (body) => {
  const { items, nextCursor } = body as { items: Event[]; nextCursor: string | null };
  return {
    events: items.map(strictly),
    more: nextCursor !== null,
  };
};

/** Throws an assertion when the strict client would not have understood the event. */
export function strictly(event: Event & { readonly payload?: unknown }): unknown {
  const { id, shipmentId, type, ts, payload } = event;
  expect(
    { id, shipmentId, type, ts, payload },
    `an event as the strict client reads it, out of ${JSON.stringify(event)}`,
  ).toEqual({
    id: expect.any(Number),
    shipmentId: expect.any(Number),
    type: expect.toBeOneOf(KNOWN),
    ts: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/u),
    payload: expect.any(Object),
  });
  return { id, shipmentId, type, ts, payload };
}

/** The depots' dashboard: counts by type, and the span of time, by name and in whatever order. */
export const dashboard: Reader = (body) => {
  const { items } = body as { items: Event[] };
  const times = items.map(({ ts }) => ts).toSorted();
  const counts = KNOWN.map((type) => [type, items.filter((event) => event.type === type).length]);
  return { ...Object.fromEntries(counts), from: times[0], to: times.at(-1) };
};

/** An old ERP: sends what nobody asked for, reads ids and the depot out of the payload. */
export const legacyErp: Reader = (body) => {
  const { items = [body] } = body as { items?: unknown[] };
  return (items as (Event & { payload: { depot?: string } })[]).map((event) => ({
    shipmentId: event.shipmentId,
    type: event.type,
    depot: event.payload.depot,
  }));
};

export const CLIENTS: Readonly<Record<string, Reader>> = {
  'nightly sync': nightlySync,
  dashboard,
  'legacy ERP': legacyErp,
};

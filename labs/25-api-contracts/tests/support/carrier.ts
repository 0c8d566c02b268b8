import { type Answer, Double, type Reply, test as base } from '@backend-labs/testkit';
import { addParcel } from './parcels.ts';

/** A service whose carrier answers what a test says. */
export interface Tracked {
  /** Our answer about a parcel, when the carrier answers `reply`. */
  track(reply: Reply): Promise<Answer>;
}

/** `test` with the fixture `tracked`, one service a file. */
export const test = base.extend(
  'tracked',
  { scope: 'file' },
  async ({ cleanup, definition, postgres }): Promise<Tracked> => {
    const carrier = cleanup.use(await Double.open(() => ({ status: 500 })));
    const service = cleanup.use(await definition.with({ CARRIER_URL: carrier.url }).start());
    const id = await addParcel(postgres, {
      status: 'in_transit',
      weightGrams: 700,
      postcode: '01067',
      city: 'Dresden',
      note: null,
      tracking: 'CX1',
    });
    return {
      track(reply) {
        carrier.handler = ({ path }) => (path === '/shipments/CX1' ? reply : { status: 404 });
        return service.get(`/v1/parcels/${id}/tracking`);
      },
    };
  },
);

/** An answer of the carrier as its manual prints it. */
export const SHIPMENT = {
  number: 'CX1',
  state: 'in_transit',
  updatedAt: '2026-11-27T18:02:11Z',
  stops: [
    { at: '2026-11-27T05:00:00Z', place: 'Hof' },
    { at: '2026-11-27T09:00:00Z', place: 'Leipzig' },
  ],
} as const;

/** Our answer to it. */
export const SHOWN = { state: 'in_transit', updatedAt: SHIPMENT.updatedAt, lastStop: 'Leipzig' };

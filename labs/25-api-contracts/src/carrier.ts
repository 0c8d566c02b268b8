import { Ajv2020 } from 'ajv/dist/2020.js';
import { HttpError } from './errors.ts';

/** What the carrier answers about a shipment. */
export interface Shipment {
  readonly number: string;
  readonly state: 'created' | 'in_transit' | 'delivered';
  readonly updatedAt: string;
  readonly stops: readonly { readonly at: string; readonly place: string }[];
}

/** The carrier's answer, as its manual of 2024 prints it. */
const isShipment = new Ajv2020().compile<Shipment>({
  type: 'object',
  additionalProperties: false,
  required: ['number', 'state', 'updatedAt', 'stops'],
  properties: {
    number: { type: 'string' },
    state: { enum: ['created', 'in_transit', 'delivered'] },
    updatedAt: { type: 'string' },
    stops: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['at', 'place'],
        properties: { at: { type: 'string' }, place: { type: 'string' } },
      },
    },
  },
});

/** The API of the carrier, below `CARRIER_URL`. */
export class Carrier {
  readonly #url: string | undefined;

  constructor(url: string | undefined) {
    this.#url = url;
  }

  /** Throws 502 if the carrier does not answer as it should. */
  async shipment(number: string): Promise<Shipment> {
    if (!this.#url) throw new HttpError(502, 'there is no carrier');
    const answer = await fetch(`${this.#url}/shipments/${encodeURIComponent(number)}`);
    const body: unknown = await answer.json();
    if (!isShipment(body)) throw new HttpError(502, 'the carrier answered nonsense');
    return body;
  }
}

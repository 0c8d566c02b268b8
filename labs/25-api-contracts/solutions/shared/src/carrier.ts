import { HttpError } from './errors.ts';

const STATES: readonly unknown[] = ['created', 'in_transit', 'delivered'];

/** The part of the carrier's answer that this service reads. */
export interface Shipment {
  /** One of `STATES`, or `unknown` for one that the carrier has added. */
  readonly state: string;
  readonly updatedAt: string;
  readonly lastStop: string | null;
}

/** The API of the carrier, below `CARRIER_URL`. */
export class Carrier {
  readonly #url: string | undefined;

  constructor(url: string | undefined) {
    this.#url = url;
  }

  /** Throws 502 if the carrier does not answer with what we need. */
  async shipment(number: string): Promise<Shipment> {
    if (!this.#url) throw new HttpError(502, 'there is no carrier');
    const body = await read(`${this.#url}/shipments/${encodeURIComponent(number)}`);
    const { state, updatedAt, stops } = (body ?? {}) as Record<string, unknown>;
    if (typeof state !== 'string' || typeof updatedAt !== 'string') {
      throw new HttpError(502, 'the carrier did not answer state and updatedAt');
    }
    return {
      state: STATES.includes(state) ? state : 'unknown',
      updatedAt,
      lastStop: placeOfLast(stops),
    };
  }
}

async function read(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url);
    if (answer.status !== 200) throw new Error(`status ${answer.status}`);
    return await answer.json();
  } catch (error) {
    throw Object.assign(new HttpError(502, 'the carrier cannot be read'), { cause: error });
  }
}

function placeOfLast(stops: unknown): string | null {
  const last: unknown = Array.isArray(stops) ? stops.at(-1) : undefined;
  const { place } = (last ?? {}) as Record<string, unknown>;
  return typeof place === 'string' ? place : null;
}

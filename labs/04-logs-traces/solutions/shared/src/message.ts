import type { ConsumeMessage } from 'amqplib';
import type { Customer } from './checkout.ts';

/** A header: milliseconds since 1970. The property `timestamp` has whole seconds only. */
export const PUBLISHED_AT = 'x-published-at';

/** A header: the id of the request that asked. */
export const REQUEST_ID = 'x-request-id';

/** Asks the worker to ship a checkout. */
export interface CheckoutRequested {
  readonly checkoutId: string;
  readonly orderId: string;
  readonly customer: Customer;
}

/** Reads a message. Throws when it is not JSON. */
export function readMessage({ content }: ConsumeMessage): CheckoutRequested {
  return JSON.parse(content.toString('utf8')) as CheckoutRequested;
}

import type { ConsumeMessage } from 'amqplib';
import type { Customer } from './checkout.ts';

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

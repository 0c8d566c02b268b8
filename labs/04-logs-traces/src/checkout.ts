import { BadRequest } from './errors.ts';

export interface Customer {
  readonly email: string;
  readonly street: string;
  /** Two letters, as in ISO 3166. */
  readonly country: string;
}

/** The body of `POST /v1/checkouts`. */
export interface Checkout {
  readonly orderId: string;
  /** Cents. */
  readonly amount: number;
  readonly card: { readonly number: string };
  readonly customer: Customer;
}

/** Reads a body. Throws `BadRequest` unless it is a checkout. */
export function checkoutOf(body: unknown): Checkout {
  const { orderId, amount, card, customer } = objectOf(body);
  const { number } = objectOf(card);
  const { email, street, country } = objectOf(customer);
  if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 1) {
    throw new BadRequest('amount must be a whole number of cents');
  }
  return {
    orderId: textOf(orderId),
    amount,
    card: { number: textOf(number) },
    customer: { email: textOf(email), street: textOf(street), country: textOf(country) },
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    throw new BadRequest('a checkout, its card and its customer must be objects');
  }
  return value as Record<string, unknown>;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new BadRequest('all members but amount must be strings');
  return value;
}

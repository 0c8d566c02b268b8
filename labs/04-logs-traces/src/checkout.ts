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
  const { orderId, amount, card, customer } = objectOf(body, 'the body');
  const { number } = objectOf(card, 'card');
  const { email, street, country } = objectOf(customer, 'customer');
  if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 1) {
    throw new BadRequest('amount must be a whole number of cents');
  }
  return {
    orderId: textOf(orderId, 'orderId'),
    amount,
    card: { number: textOf(number, 'card.number') },
    customer: {
      email: textOf(email, 'customer.email'),
      street: textOf(street, 'customer.street'),
      country: textOf(country, 'customer.country'),
    },
  };
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    throw new BadRequest(`${name} must be an object`);
  }
  return value as Record<string, unknown>;
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new BadRequest(`${name} must be a text`);
  return value;
}

import { BadRequest } from './errors.ts';
import { fieldsOf, instantOf, isObject, numberOf } from './params.ts';

/** What a customer orders. */
export interface OrderRequest {
  readonly customerId: number;
  /** Now, if it is left out. Never in the future. */
  readonly placedAt: Date | undefined;
  readonly lines: readonly { readonly productId: number; readonly quantity: number }[];
}

/** Reads the body of `POST /v1/orders`. */
export function orderRequestOf(body: unknown): OrderRequest {
  const fields = fieldsOf(body);
  const { lines } = fields;
  if (!Array.isArray(lines) || lines.length < 1 || lines.length > 50 || !lines.every(isObject)) {
    throw new BadRequest('lines must be an array of 1 to 50 objects');
  }
  const placedAt = instantOf(fields['placedAt'], 'placedAt');
  if (placedAt && placedAt.getTime() > Date.now()) {
    throw new BadRequest('placedAt must not be in the future');
  }
  return {
    customerId: numberOf(fields, 'customerId', 1, 1e15),
    placedAt,
    lines: lines.map((line) => ({
      productId: numberOf(line, 'productId', 1, 1e15),
      quantity: numberOf(line, 'quantity', 1, 10_000),
    })),
  };
}

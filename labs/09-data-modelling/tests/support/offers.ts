import type { Draw } from '@backend-labs/testkit';
import type { OfferRow } from './contract.ts';
import type { Write } from './transactions.ts';

/** An offer without its product. */
export type New = Omit<OfferRow, 'productId'>;

export const INSERT = `
  INSERT INTO contract.offers (product_id, supplier_id, country, cost_cents, preferred)
  VALUES ($1, $2, $3, $4, $5)`;

export const insert = (product: unknown, offer: { readonly [K in keyof New]: unknown }): Write => ({
  sql: INSERT,
  values: [product, offer.supplierId, offer.country, offer.costCents, offer.preferred],
});

/** The suppliers that exist have the IDs 1 to 30. */
export const someOffer = (draw: Draw, fields: Partial<New> = {}): New => ({
  supplierId: draw.int(1, 30),
  country: draw.pick(['PT', 'FR', 'DE']),
  costCents: draw.int(100, 900),
  preferred: false,
  ...fields,
});

/** Values that make an offer illegal, each with a legal one in its place. */
export const ILLEGAL: readonly (readonly [string, string, unknown])[] = [
  ['a product that does not exist', 'product_id', 999_999],
  ['a supplier that does not exist', 'supplier_id', 999_999],
  ['no product', 'product_id', null],
  ['no supplier', 'supplier_id', null],
  ['a country in lower case', 'country', 'fr'],
  ['a country of three letters', 'country', 'FRA'],
  ['a country of one letter', 'country', 'F'],
  ['a country that is empty', 'country', ''],
  ['a country with a digit', 'country', 'F1'],
  ['no cost', 'cost_cents', null],
  ['a cost below 0', 'cost_cents', -1],
  ['no preferred', 'preferred', null],
];

/** Two offers of which a product can have one. */
export interface Clash {
  readonly what: string;
  readonly first: New;
  readonly second: New;
}

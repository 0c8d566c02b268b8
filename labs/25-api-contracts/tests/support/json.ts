/** A JSON object. */
export type Json = { readonly [name: string]: unknown };

/** As it comes over the wire: without `undefined`. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

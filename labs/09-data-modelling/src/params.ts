import { BadRequest, NotFound } from './errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** The id in a path. Throws `NotFound` if nothing can have it. */
export function idOf(text: string): number {
  const id = /^\d{1,15}$/u.test(text) ? Number(text) : 0;
  if (id < 1) throw new NotFound('no such id');
  return id;
}

/** A body that must be a JSON object. */
export function fieldsOf(body: unknown): Fields {
  if (!isObject(body)) throw new BadRequest('the body must be a JSON object');
  return body;
}

/** A text of 1 to 200 characters that is not blank. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value.trim() === '' || value.length > 200) {
    throw new BadRequest(`${name} must be a text of 1 to 200 characters`);
  }
  return value;
}

/** A whole number between two bounds. */
export function numberOf(fields: Fields, name: string, from: number, to: number): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to) {
    throw new BadRequest(`${name} must be a whole number from ${from} to ${to}`);
  }
  return value;
}

/** A price or a cost in cents. */
export function centsOf(fields: Fields, name: string): number {
  return numberOf(fields, name, 0, 1e9);
}

export function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw new BadRequest(`${name} must be true or false`);
  return value;
}

/** Two capital letters, or null for every other country. */
export function countryOf(fields: Fields): string | null {
  const { country } = fields;
  if (country === null) return null;
  if (typeof country === 'string' && /^[A-Z]{2}$/u.test(country)) return country;
  throw new BadRequest('country must be two capital letters, or null');
}

/** An instant such as `2025-06-30T22:00:00Z`; `undefined` if it is left out. */
export function instantOf(value: unknown, name: string): Date | undefined {
  if (value === undefined) return undefined;
  const valid =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/u.test(value);
  const instant = new Date(valid ? value : Number.NaN);
  if (Number.isNaN(instant.getTime())) {
    throw new BadRequest(`${name} must be an instant such as 2025-06-30T22:00:00Z`);
  }
  return instant;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

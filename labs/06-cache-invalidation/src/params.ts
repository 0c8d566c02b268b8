import { BadRequest } from './errors.ts';

const LARGEST = 2_147_483_647;

/** A whole number from 1 up to the largest of the database, as text in a URL. Throws `BadRequest`. */
export function readCount(text: unknown, name: string): number {
  const count = typeof text === 'string' && /^\d{1,10}$/u.test(text) ? Number(text) : 0;
  return checkCount(count, name);
}

/** The same for a number in a body. */
export function checkCount(count: unknown, name: string): number {
  if (Number.isInteger(count) && Number(count) >= 1 && Number(count) <= LARGEST) {
    return Number(count);
  }
  throw new BadRequest(`${name} must be a whole number from 1 to ${LARGEST}`);
}

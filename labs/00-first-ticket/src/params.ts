import { BadRequest } from './errors.ts';

/** The largest number that a Postgres `integer` can hold. */
const LARGEST_ID = 2_147_483_647;

/** The id in a path, `/v1/books/12`, as a number. Throws `BadRequest` if it is not an id. */
export function readId(text: unknown): number {
  const id = typeof text === 'string' && /^\d+$/u.test(text) ? Number(text) : 0;
  return checkId(id, 'the id in the path');
}

/** The id in a body, `{ "bookId": 12 }`. Throws `BadRequest` if it is not an id. */
export function checkId(id: unknown, name: string): number {
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > LARGEST_ID) {
    throw new BadRequest(`${name} must be a whole number from 1 to ${LARGEST_ID}`);
  }
  return id;
}

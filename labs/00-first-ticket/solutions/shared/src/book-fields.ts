import type { Book } from './book.ts';
import { BadRequest } from './errors.ts';

/** The fields of a book that a client may set. */
export type BookFields = Pick<Book, 'title' | 'author' | 'year'>;

/** Those fields that a body has, each checked. Throws `BadRequest` if one breaks its rule. */
export function readFields(body: unknown): Partial<BookFields> {
  const { title, author, year } = (body ?? {}) as Record<string, unknown>;
  const fields: Partial<BookFields> = {};
  if (title !== undefined) fields.title = checkText(title, 'title', 200);
  if (author !== undefined) fields.author = checkText(author, 'author', 100);
  if (year !== undefined) fields.year = checkYear(year);
  return fields;
}

/** The fields of a new book. Throws `BadRequest` if one is missing or breaks its rule. */
export function readNewBook(body: unknown): BookFields {
  const { title, author, year = null } = readFields(body);
  if (title === undefined) throw new BadRequest('title is missing');
  if (author === undefined) throw new BadRequest('author is missing');
  return { title, author, year };
}

function checkText(value: unknown, name: string, most: number): string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > most) {
    throw new BadRequest(`${name} must be a text of 1 to ${most} characters, not only spaces`);
  }
  return value;
}

function checkYear(value: unknown): number | null {
  if (value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1000 || value > 2100) {
    throw new BadRequest('year must be a whole number from 1000 to 2100, or null');
  }
  return value;
}

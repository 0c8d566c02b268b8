import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readFields } from './book-fields.ts';
import { BOOK_COLUMNS, type Book } from './book.ts';
import { NotFound } from './errors.ts';
import { readId } from './params.ts';

/** `PATCH /v1/books/:id`: corrects what the catalogue says about a book. */
export function updateBook(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id']);
    const values: unknown[] = [id];
    // The names come from `readFields`, never from the body. With none, the book stays as it is.
    const changes = Object.entries(readFields(req.body)).map(
      ([name, value]) => `${name} = $${values.push(value)}`,
    );
    const { rows } = await pool.query<Book>(
      changes.length > 0
        ? `UPDATE books SET ${changes.join(', ')} WHERE id = $1 RETURNING ${BOOK_COLUMNS}`
        : `SELECT ${BOOK_COLUMNS} FROM books WHERE id = $1`,
      values,
    );
    const [book] = rows;
    if (!book) throw new NotFound('no such book');
    res.json(book);
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BOOK_COLUMNS, type Book } from './book.ts';
import { NotFound } from './errors.ts';
import { readId } from './params.ts';

/** `GET /v1/books/:id`: one book. */
export function getBook(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id']);
    const { rows } = await pool.query<Book>(`SELECT ${BOOK_COLUMNS} FROM books WHERE id = $1`, [
      id,
    ]);
    const [book] = rows;
    if (!book) throw new NotFound('no such book');
    res.json(book);
  };
}

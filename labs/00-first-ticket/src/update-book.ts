import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BOOK_COLUMNS, type Book } from './book.ts';
import { NotFound } from './errors.ts';
import { readId } from './params.ts';

/** `PATCH /v1/books/:id`: corrects what the catalogue says about a book. */
export function updateBook(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id']);
    const { title, author, year } = req.body ?? {};
    const { rows } = await pool.query<Book>(
      `UPDATE books SET title = $2, author = $3, year = $4 WHERE id = $1 RETURNING ${BOOK_COLUMNS}`,
      [id, title, author, year],
    );
    const [book] = rows;
    if (!book) throw new NotFound('no such book');
    res.json(book);
  };
}

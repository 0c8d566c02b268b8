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
    const fields = readFields(req.body);
    // Each pair says whether the body has the field, and its value there.
    const { rows } = await pool.query<Book>(
      `UPDATE books
          SET title  = CASE WHEN $2 THEN $3 ELSE title END,
              author = CASE WHEN $4 THEN $5 ELSE author END,
              year   = CASE WHEN $6 THEN $7 ELSE year END
        WHERE id = $1
    RETURNING ${BOOK_COLUMNS}`,
      [
        id,
        'title' in fields,
        fields.title,
        'author' in fields,
        fields.author,
        'year' in fields,
        fields.year,
      ],
    );
    const [book] = rows;
    if (!book) throw new NotFound('no such book');
    res.json(book);
  };
}

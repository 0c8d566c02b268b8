import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readAvailable } from './available.ts';
import { BOOK_COLUMNS, type Book } from './book.ts';

/** `GET /v1/books?title=&author=&available=`: the books that match each filter. */
export function listBooks(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { title, author } = req.query;
    const { rows } = await pool.query<Book>(
      `SELECT ${BOOK_COLUMNS}
         FROM books
        WHERE ($1::text IS NULL OR title = $1)
          AND ($2::text IS NULL OR author = $2)
          AND ($3::boolean IS NULL OR available = $3)
        ORDER BY id`,
      [title, author, readAvailable(req.query['available'])],
    );
    res.json({ items: rows });
  };
}

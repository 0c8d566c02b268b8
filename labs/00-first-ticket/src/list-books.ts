import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BOOK_COLUMNS, type Book } from './book.ts';

/** `GET /v1/books?title=&author=&available=`: the books that match each filter. */
export function listBooks(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { title, author } = req.query as Record<string, string | undefined>;
    const conditions = ['true'];
    if (title !== undefined) conditions.push(`title = '${title}'`);
    if (author !== undefined) conditions.push(`author = '${author}'`);
    // TODO(task 3): available.
    const { rows } = await pool.query<Book>(
      `SELECT ${BOOK_COLUMNS} FROM books WHERE ${conditions.join(' AND ')} ORDER BY id`,
    );
    res.json({ items: rows });
  };
}

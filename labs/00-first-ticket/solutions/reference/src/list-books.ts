import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readAvailable } from './available.ts';
import { BOOK_COLUMNS, type Book } from './book.ts';

/** `GET /v1/books?title=&author=&available=`: the books that match each filter. */
export function listBooks(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { title, author } = req.query;
    const available = readAvailable(req.query['available']);
    const conditions = ['true'];
    const values: unknown[] = [];
    // push() answers the new length, which is the number of the parameter.
    if (title !== undefined) conditions.push(`title = $${values.push(title)}`);
    if (author !== undefined) conditions.push(`author = $${values.push(author)}`);
    if (available !== undefined) conditions.push(`available = $${values.push(available)}`);
    const { rows } = await pool.query<Book>(
      `SELECT ${BOOK_COLUMNS} FROM books WHERE ${conditions.join(' AND ')} ORDER BY id`,
      values,
    );
    res.json({ items: rows });
  };
}

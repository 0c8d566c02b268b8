import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BOOK_COLUMNS } from './book.ts';
import { readId } from './params.ts';

/** `GET /v1/books/:id`: one book. */
export function getBook(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id']);
    const { rows } = await pool.query(`SELECT ${BOOK_COLUMNS} FROM books WHERE id = $1`, [id]);
    const { title, author, year, available } = rows[0];
    res.json({ id, title, author, year, available });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BOOK_COLUMNS, type Book } from './book.ts';
import { BadRequest } from './errors.ts';

/** `POST /v1/books`: a new book on the shelf. */
export function createBook(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { title, author, year } = req.body ?? {};
    if (!title) throw new BadRequest('title is missing');
    if (!author) throw new BadRequest('author is missing');
    // TODO(task 2): check each field.
    const { rows } = await pool.query<Book>(
      `INSERT INTO books (title, author, year) VALUES ($1, $2, $3) RETURNING ${BOOK_COLUMNS}`,
      [title, author, year],
    );
    res.status(201).json(rows[0]);
  };
}

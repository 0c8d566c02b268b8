import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readNewBook } from './book-fields.ts';
import { BOOK_COLUMNS, type Book } from './book.ts';

/** `POST /v1/books`: a new book on the shelf. */
export function createBook(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { title, author, year } = readNewBook(req.body);
    const { rows } = await pool.query<Book>(
      `INSERT INTO books (title, author, year) VALUES ($1, $2, $3) RETURNING ${BOOK_COLUMNS}`,
      [title, author, year],
    );
    res.status(201).json(rows[0]);
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { readId } from './params.ts';

/** `DELETE /v1/books/:id`: the book has left the library. */
export function deleteBook(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id']);
    const { rowCount } = await pool.query('DELETE FROM books WHERE id = $1', [id]);
    if (rowCount === 0) throw new NotFound('no such book');
    res.status(204).end();
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readId } from './params.ts';

/** `DELETE /v1/books/:id`: the book has left the library. */
export function deleteBook(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id']);
    await pool.query('DELETE FROM books WHERE id = $1', [id]);
    res.status(204).end();
  };
}

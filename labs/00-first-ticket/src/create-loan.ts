import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { HttpError, NotFound } from './errors.ts';
import { LOAN_COLUMNS, type Loan } from './loan.ts';
import { checkId } from './params.ts';

/** `POST /v1/loans`: a member takes a book home. */
export function createLoan(pool: Pool): RequestHandler {
  return async (req, res) => {
    const body = req.body ?? {};
    const bookId = checkId(body.bookId, 'bookId');
    const memberId = checkId(body.memberId, 'memberId');

    const found = await pool.query('SELECT available FROM books WHERE id = $1', [bookId]);
    const [book] = found.rows;
    if (!book) throw new NotFound('no such book');
    if (!book.available) throw new HttpError(409, 'the book is not available');

    await pool.query('UPDATE books SET available = false WHERE id = $1', [bookId]);
    const { rows } = await pool.query<Loan>(
      `INSERT INTO loans (book_id, member_id) VALUES ($1, $2) RETURNING ${LOAN_COLUMNS}`,
      [bookId, memberId],
    );
    res.status(201).json(rows[0]);
  };
}

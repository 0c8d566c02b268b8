import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { HttpError, NotFound } from './errors.ts';
import { LOAN_COLUMNS, type Loan } from './loan.ts';
import { checkId } from './params.ts';
import { inTransaction } from './transaction.ts';

/** `POST /v1/loans`: a member takes a book home. */
export function createLoan(pool: Pool): RequestHandler {
  return async (req, res) => {
    const body = req.body ?? {};
    const bookId = checkId(body.bookId, 'bookId');
    const memberId = checkId(body.memberId, 'memberId');

    const loan = await inTransaction(pool, async (client) => {
      const members = await client.query('SELECT id FROM members WHERE id = $1', [memberId]);
      if (members.rows.length === 0) throw new NotFound('no such member');

      // FOR UPDATE: a second request for this book waits here until this transaction ends.
      const books = await client.query('SELECT available FROM books WHERE id = $1 FOR UPDATE', [
        bookId,
      ]);
      const [book] = books.rows;
      if (!book) throw new NotFound('no such book');
      if (!book.available) throw new HttpError(409, 'the book is not available');

      await client.query('UPDATE books SET available = false WHERE id = $1', [bookId]);
      const { rows } = await client.query<Loan>(
        `INSERT INTO loans (book_id, member_id) VALUES ($1, $2) RETURNING ${LOAN_COLUMNS}`,
        [bookId, memberId],
      );
      return rows[0];
    });
    res.status(201).json(loan);
  };
}

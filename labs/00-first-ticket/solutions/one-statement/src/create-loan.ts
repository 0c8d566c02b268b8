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

    const { rows } = await pool.query<Loan>(
      `WITH lent AS (
         UPDATE books SET available = false
          WHERE id = $1 AND available AND EXISTS (SELECT FROM members WHERE id = $2)
         RETURNING id
       )
       INSERT INTO loans (book_id, member_id) SELECT id, $2 FROM lent
       RETURNING ${LOAN_COLUMNS}`,
      [bookId, memberId],
    );
    const [loan] = rows;
    if (!loan) throw await refusal(pool, bookId, memberId);
    res.status(201).json(loan);
  };
}

/** Why a loan was not made. */
async function refusal(pool: Pool, bookId: number, memberId: number): Promise<HttpError> {
  const { rows } = await pool.query<{ book: boolean; member: boolean }>(
    `SELECT EXISTS (SELECT FROM books WHERE id = $1) AS book,
            EXISTS (SELECT FROM members WHERE id = $2) AS member`,
    [bookId, memberId],
  );
  if (!rows[0]?.book) return new NotFound('no such book');
  if (!rows[0].member) return new NotFound('no such member');
  return new HttpError(409, 'the book is not available');
}

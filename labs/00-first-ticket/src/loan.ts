/** A loan, as the answers have it. */
export interface Loan {
  id: number;
  bookId: number;
  memberId: number;
  lentAt: Date;
}

/** The columns of a `Loan`, for a SELECT or RETURNING. */
export const LOAN_COLUMNS = `id, book_id AS "bookId", member_id AS "memberId", lent_at AS "lentAt"`;

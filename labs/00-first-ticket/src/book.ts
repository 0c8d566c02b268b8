/** A book, as the table and the answers have it. */
export interface Book {
  id: number;
  title: string;
  author: string;
  /** When it was first published; null if nobody knows. */
  year: number | null;
  /** Whether it is on the shelf. */
  available: boolean;
}

/** The columns of a `Book`, for a SELECT or RETURNING. */
export const BOOK_COLUMNS = 'id, title, author, year, available';

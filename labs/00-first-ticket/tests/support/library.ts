import type { Draw, PostgresProbe } from '@backend-labs/testkit';

/** A book, as an answer has it. */
export interface Book {
  readonly id: number;
  readonly title: string;
  readonly author: string;
  readonly year: number | null;
  readonly available: boolean;
}

const COLUMNS = 'id, title, author, year, available';

/** Puts a book into the table. Fields that are left out are drawn. */
export async function addBook(
  postgres: PostgresProbe,
  draw: Draw,
  fields: Partial<Omit<Book, 'id'>> = {},
): Promise<Book> {
  const {
    title = `The ${draw.word()} of ${draw.word()}`,
    author = `${draw.word()} ${draw.word()}`,
    year = draw.int(1700, 2020),
    available = true,
  } = fields;
  const [book] = await postgres.query<Book>(
    `INSERT INTO books (title, author, year, available) VALUES ($1, $2, $3, $4) RETURNING ${COLUMNS}`,
    [title, author, year, available],
  );
  if (!book) throw new Error('INSERT … RETURNING returned no row');
  return book;
}

/** The book as it is in the table now; undefined if it is not there. */
export async function bookInTable(postgres: PostgresProbe, id: number): Promise<Book | undefined> {
  const [book] = await postgres.query<Book>(`SELECT ${COLUMNS} FROM books WHERE id = $1`, [id]);
  return book;
}

export async function countBooks(postgres: PostgresProbe): Promise<number> {
  const [found] = await postgres.query<{ books: number }>(
    'SELECT count(*)::int AS books FROM books',
  );
  return found?.books ?? 0;
}

/** An id that no row has. */
export function idOfNothing(draw: Draw): number {
  return draw.int(500_000, 900_000);
}

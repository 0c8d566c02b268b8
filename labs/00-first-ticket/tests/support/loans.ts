import {
  type Answer,
  type Draw,
  expect,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import { addBook, type Book, bookInTable } from './library.ts';

export interface Loan {
  readonly id: number;
  readonly bookId: number;
  readonly memberId: number;
  readonly lentAt: string;
}

export async function addMember(postgres: PostgresProbe, draw: Draw): Promise<number> {
  const [member] = await postgres.query<{ id: number }>(
    'INSERT INTO members (name) VALUES ($1) RETURNING id',
    [`${draw.word()} ${draw.word()}`],
  );
  return member?.id ?? 0;
}

/** A book on the shelf. It was lent before, and came back. */
export async function addReturnedBook(postgres: PostgresProbe, draw: Draw): Promise<Book> {
  const book = await addBook(postgres, draw);
  await postgres.query(
    `INSERT INTO loans (book_id, member_id, lent_at, returned_at)
     VALUES ($1, 1, '2026-01-10 12:00Z', '2026-01-31 12:00Z')`,
    [book.id],
  );
  return book;
}

export function lend(
  service: StartedService,
  bookId: number,
  memberId: number,
): Promise<Answer<Loan>> {
  return service.post<Loan>('/v1/loans', { bookId, memberId });
}

/** What the tables say about a book. */
export interface State {
  readonly available: boolean | undefined;
  /** Loans that were not returned. */
  readonly loans: number;
}

export const ON_THE_SHELF: State = { available: true, loans: 0 };
export const LENT: State = { available: false, loans: 1 };

export async function stateOf(postgres: PostgresProbe, bookId: number): Promise<State> {
  const book = await bookInTable(postgres, bookId);
  const [found] = await postgres.query<{ loans: number }>(
    'SELECT count(*)::int AS loans FROM loans WHERE book_id = $1 AND returned_at IS NULL',
    [bookId],
  );
  return { available: book?.available, loans: found?.loans ?? 0 };
}

/** Asserts what the tables say about a book. `when` completes "… after a kill". */
export function expectState(state: State, wanted: State, when: string): void {
  const { available, loans } = state;
  if (available === wanted.available && loans === wanted.loans) return;
  const rows = `${loans} open ${loans === 1 ? 'loan' : 'loans'}`;
  expect.fail(
    `available is ${available} with ${rows}, expected ${wanted.available} with ${wanted.loans}: ${when}`,
  );
}

import { type Answer, lesson, type Logs, type PostgresProbe } from '@backend-labs/testkit';
import { ON_THE_SHELF, type State, stateOf } from './loans.ts';
import { logLine } from './sent.ts';

/** Postgres found out that there is no such member, and the service did not expect it. */
export async function memberNotAsked(
  { request, status }: Answer,
  memberId: number,
  logs: Logs,
): Promise<void> {
  if (status !== 500 || !(await logLine(logs, 'violates foreign key constraint'))) return;
  lesson('postgres-found-out', {
    observed: `${request} for member ${memberId} answered 500. Postgres refused the row, because no member has this id.`,
    meaning:
      'The column says REFERENCES members (id), so Postgres never stores a loan for a member who is not there. That is good. But to the service it is an error that it did not expect, and such an error becomes a 500. The client only typed a wrong number.',
    lookAt: 'what the handler knows about the member before it changes anything.',
  });
}

/** Two loans of one book at the same time both went through. */
export function lentTwice(statuses: readonly number[], { loans }: State): void {
  if (statuses.some((status) => status !== 201) || loans < 2) return;
  lesson('check-then-act', {
    observed: `Two requests for one book came at the same time. Both got 201, and the table has ${loans} loans of this book.`,
    meaning:
      'Each request first read `available`, and changed it later. Both read `true` before either of them had changed it. An `if` in JavaScript cannot help: what it has read may be old by then.',
    lookAt: 'how Postgres can make one of the two wait for the other before it decides.',
  });
}

/** The book was lent once, came back, and is taken as lent for ever. */
export async function oldLoansCount(
  { status }: Answer,
  postgres: PostgresProbe,
  bookId: number,
): Promise<void> {
  const [old] = await postgres.query<{ day: string }>(
    `SELECT to_char(returned_at, 'YYYY-MM-DD') AS day FROM loans WHERE book_id = $1`,
    [bookId],
  );
  const { available, loans } = await stateOf(postgres, bookId);
  if (status !== 409 || !old || available !== true || loans !== ON_THE_SHELF.loans) return;
  lesson('old-loans-count', {
    observed: `A loan of book ${bookId} answered 409. The book is available: its only loan ended on ${old.day}.`,
    meaning:
      'The table `loans` keeps loans after they end. A row in it means that the book was lent at some time. Only a row whose `returned_at` is NULL means that a member has the book now.',
    lookAt: 'how the handler decides that a book is not available.',
  });
}

/** The UPDATE has a condition, and it matched no row: the book is lent, or it does not exist. */
export function lentIsNotMissing({ request, status }: Answer): void {
  if (status !== 404) return;
  lesson('lent-is-not-missing', {
    observed: `${request} answered 404. But the book is there. A member has it.`,
    meaning:
      'A statement with `WHERE id = $1 AND available` matches no row in two cases: no book has this id, or the book is lent. 0 rows do not say which of the two it was.',
    lookAt: 'how the handler can tell the two cases apart.',
  });
}

/** Each refused request kept a connection. */
export async function notReleased({ request, status }: Answer, logs: Logs): Promise<void> {
  if (status !== 500 || !(await logLine(logs, 'timeout exceeded when trying to connect'))) return;
  lesson('not-released', {
    observed: `After some refused requests, ${request} answered 500. The log says "timeout exceeded when trying to connect".`,
    meaning:
      'The pool has 10 connections. A request that takes one and does not give it back keeps it for ever. After ten of them, each request that needs a connection waits, and fails after 5 s.',
    lookAt: 'each way out of the handler, `throw` included: does it call `client.release()`?',
  });
}

import type { Draw, PostgresProbe, StartedService } from '@backend-labs/testkit';
import { addBook } from './library.ts';
import { lend, type State, stateOf } from './loans.ts';

/** The two changes that make a loan, and the end of its transaction. */
export const CHANGES = ['INSERT into loans', 'UPDATE of books', 'COMMIT'] as const;
export type Change = (typeof CHANGES)[number];

/** Where loans are made, and for which member. */
export interface Desk {
  readonly draw: Draw;
  readonly postgres: PostgresProbe;
  readonly service: StartedService;
  readonly memberId: number;
}

export interface Attempt {
  readonly bookId: number;
  /** The change that Postgres refuses. */
  readonly refused: Change | undefined;
  readonly status: number;
  /** What the tables say when all is over. */
  readonly state: State;
}

/**
 * From now on, Postgres refuses changes of the books that `refused_changes` names, as it would if its
 * disk were full. It is prepared before the service starts: it needs locks.
 */
export async function prepareRefusals(postgres: PostgresProbe): Promise<void> {
  await postgres.query('CREATE TABLE refused_changes (book_id integer, change text)');
  await postgres.query(`
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF EXISTS (SELECT FROM public.refused_changes
                  WHERE change = TG_ARGV[0] AND book_id = (to_jsonb(NEW) ->> TG_ARGV[1])::integer) THEN
        RAISE EXCEPTION 'no space left on device (simulated by the test)' USING ERRCODE = 'disk_full';
      END IF;
      RETURN NEW;
    END $$`);
  await postgres.query(`CREATE TRIGGER refuse_change BEFORE INSERT ON loans
    FOR EACH ROW EXECUTE FUNCTION refuse_change('INSERT into loans', 'book_id')`);
  await postgres.query(`CREATE TRIGGER refuse_change BEFORE UPDATE ON books
    FOR EACH ROW EXECUTE FUNCTION refuse_change('UPDATE of books', 'id')`);
  await postgres.query(`CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT ON loans
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_change('COMMIT', 'book_id')`);
}

/** Lends one book whose loan Postgres refuses. */
export async function lendOneRefused(desk: Desk, change: Change): Promise<Attempt> {
  const bookId = await addRefusedBook(desk, change);
  const { status } = await lend(desk.service, bookId, desk.memberId);
  return { bookId, refused: change, status, state: await stateOf(desk.postgres, bookId) };
}

/** Of each kind; together more than the pool has connections. */
const OF_EACH_KIND = 6;

/** Lends many books at the same time. Postgres refuses three of four loans. */
export async function lendManySomeRefused(desk: Desk): Promise<Attempt[]> {
  const books: Pick<Attempt, 'bookId' | 'refused'>[] = [];
  for (const refused of [...CHANGES, undefined]) {
    for (let n = 0; n < OF_EACH_KIND; n += 1) {
      books.push({ bookId: await addRefusedBook(desk, refused), refused });
    }
  }
  const answers = await Promise.all(
    desk.draw.shuffle(books).map(async (book) => {
      const { status } = await lend(desk.service, book.bookId, desk.memberId);
      return { ...book, status };
    }),
  );
  const attempts: Attempt[] = [];
  for (const answer of answers) {
    attempts.push({ ...answer, state: await stateOf(desk.postgres, answer.bookId) });
  }
  return attempts;
}

async function addRefusedBook(
  { draw, postgres }: Desk,
  change: Change | undefined,
): Promise<number> {
  const { id } = await addBook(postgres, draw);
  if (change) await postgres.query('INSERT INTO refused_changes VALUES ($1, $2)', [id, change]);
  return id;
}

import { each, eventually, expect, explain, judges, test as base } from '@backend-labs/testkit';
import { explainHalves, undoneByCode } from './support/diagnose-halves.ts';
import {
  lentIsNotMissing,
  lentTwice,
  memberNotAsked,
  notReleased,
  oldLoansCount,
} from './support/diagnose-loans.ts';
import { stillOpen } from './support/diagnose-open.ts';
import { Hold, waitingSessions } from './support/holds.ts';
import { addBook, idOfNothing } from './support/library.ts';
import { addMember, addReturnedBook, LENT, lend, ON_THE_SHELF, stateOf } from './support/loans.ts';
import { lendManySomeRefused, prepareRefusals } from './support/refusal.ts';
import { expectStatus } from './support/sent.ts';

const test = base
  .extend('refusals', { scope: 'file', auto: true }, ({ postgres }) => prepareRefusals(postgres))
  // The instance of the other desk.
  .extend('other', { scope: 'file' }, async ({ cleanup, file, definition }) => {
    return cleanup.use(await file.once('other', () => definition.start()));
  });

test('an available book is lent', judges('4.1'), async ({ draw, postgres, service }) => {
  const memberId = await addMember(postgres, draw);
  const books = [await addBook(postgres, draw), await addReturnedBook(postgres, draw)];
  await each('books', books, async ({ id: bookId }) => {
    const answer = await lend(service, bookId, memberId);
    await explain(
      () => expectStatus(answer, 201, 'the book is available', { bookId, memberId }),
      () => oldLoansCount(answer, postgres, bookId),
    );
    expect(answer.body, 'the loan in the answer').toEqual({
      id: expect.any(Number),
      bookId,
      memberId,
      lentAt: expect.any(String),
    });
    const [row] = await postgres.query(
      `SELECT book_id AS "bookId", member_id AS "memberId" FROM loans WHERE id = $1`,
      [answer.body.id],
    );
    const state = await stateOf(postgres, bookId);
    await explain(
      () => {
        expect(row, 'row of the loan').toEqual({ bookId, memberId });
        expect(state, `book ${bookId} and its loans after a loan`).toEqual(LENT);
      },
      () => stillOpen(postgres),
    );
  });
});

test(
  'a book or member that is not there is 404',
  judges('4.2'),
  async ({ draw, postgres, service }) => {
    const memberId = await addMember(postgres, draw);
    const { id: bookId } = await addBook(postgres, draw);
    const none = idOfNothing(draw);
    const noBook = await lend(service, none, memberId);
    expectStatus(noBook, 404, 'no book has this id', { bookId: none, memberId });
    const noMember = await lend(service, bookId, none);
    await explain(
      () => expectStatus(noMember, 404, 'no member has this id', { bookId, memberId: none }),
      () => memberNotAsked(noMember, none, service.logs),
    );
    const state = await stateOf(postgres, bookId);
    expect(state, `book ${bookId} and its loans after a loan to no member`).toEqual(ON_THE_SHELF);
  },
);

/** More readers than the pool has connections. */
const READERS = 11;

test('a book that is not available is 409', judges('4.3'), async ({ draw, postgres, service }) => {
  const memberId = await addMember(postgres, draw);
  const { id: bookId } = await addBook(postgres, draw);
  (await lend(service, bookId, memberId)).expect(201);
  const another = await addMember(postgres, draw);
  const { id: kitchen } = await addBook(postgres, draw, { available: false });
  const withoutLoan = await lend(service, kitchen, another);
  const why = 'its available is false, even if it has no loan';
  expectStatus(withoutLoan, 409, why, { bookId: kitchen, memberId: another });
  await each('requests', Array(READERS).keys(), async () => {
    const answer = await lend(service, bookId, another);
    await explain(
      () => expectStatus(answer, 409, 'the book is lent', { bookId, memberId: another }),
      async () => {
        lentIsNotMissing(answer);
        await notReleased(answer, service.logs);
      },
    );
  });
  expect(await stateOf(postgres, bookId), `book ${bookId} after both requests`).toEqual(LENT);
});

test(
  'of two loans at the same time, one wins',
  judges('4.3'),
  async ({ draw, postgres, service, other }) => {
    const members = [await addMember(postgres, draw), await addMember(postgres, draw)] as const;
    const { id: bookId } = await addBook(postgres, draw);
    let answered = 0;
    const requests = [];
    {
      await using _hold = await Hold.on(postgres, 'books');
      requests.push(lend(service, bookId, members[0]), lend(other, bookId, members[1]));
      for (const request of requests) request.then(() => (answered += 1)).catch(() => {});
      await eventually('both requests to wait for each other, or to be answered', async () => {
        return (await waitingSessions(postgres)).length + answered >= 2;
      });
    }
    const answers = await Promise.all(requests);
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    const state = await stateOf(postgres, bookId);
    await explain(
      () => {
        expect(statuses, 'statuses of two loans of one book at the same time').toEqual([201, 409]);
      },
      () => {
        lentTwice(statuses, state);
        answers.forEach(lentIsNotMissing);
      },
    );
    expect(state, `book ${bookId} after both requests`).toEqual(LENT);
  },
);

test(
  'a loan that Postgres refuses leaves nothing',
  judges('4.4'),
  async ({ draw, postgres, service, other }) => {
    const memberId = await addMember(postgres, draw);
    const attempts = await lendManySomeRefused({ draw, postgres, service, memberId });
    await explain(
      () =>
        each('loans', attempts, ({ refused, status, state }) => {
          const what = refused ? `a loan whose ${refused} was refused` : 'a loan at the same time';
          expect({ status, ...state }, `status and tables after ${what}`).toEqual(
            refused ? { status: 500, ...ON_THE_SHELF } : { status: 201, ...LENT },
          );
        }),
      () => explainHalves({ draw, postgres, service: other, memberId }, attempts),
    );
  },
);

// The last one: it ends an instance.
test(
  'a kill in the middle of a loan leaves nothing',
  judges('4.4'),
  async ({ draw, postgres, service, other }) => {
    const memberId = await addMember(postgres, draw);
    const { id: bookId } = await addBook(postgres, draw);
    {
      await using hold = await Hold.on(postgres, 'loans');
      lend(other, bookId, memberId).catch(() => {});
      const [waiting = 0] = await eventually('the service to add a row to loans', async () => {
        const sessions = await waitingSessions(postgres);
        return sessions.length > 0 && sessions;
      });
      await other.kill();
      // Postgres does not see the kill: it would still do the statement that waits.
      await hold.endConnection(waiting);
    }
    const state = await stateOf(postgres, bookId);
    await explain(
      () => {
        expect(state, `book ${bookId} and its loans after a kill`).toEqual(ON_THE_SHELF);
      },
      () => undoneByCode({ draw, postgres, service, memberId }, state),
    );
  },
);

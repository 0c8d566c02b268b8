import {
  each,
  eventually,
  expect,
  explain,
  happens,
  judges,
  test as base,
} from '@backend-labs/testkit';
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
import {
  addMember,
  addReturnedBook,
  expectState,
  LENT,
  lend,
  ON_THE_SHELF,
  stateOf,
} from './support/loans.ts';
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
        expectState(state, LENT, `book ${bookId} after a loan`);
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
    expectState(state, ON_THE_SHELF, `book ${bookId} after a loan to no member`);
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
  expectState(await stateOf(postgres, bookId), LENT, `book ${bookId} after both requests`);
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
        if (statuses.join() === '201,409') return;
        expect.fail(
          `two loans of one book at the same time: answered ${statuses.join(' and ')}, expected 201 and 409`,
        );
      },
      () => {
        lentTwice(statuses, state);
        answers.forEach(lentIsNotMissing);
      },
    );
    expectState(state, LENT, `book ${bookId} after both requests`);
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
          const what = refused
            ? `a loan whose ${refused} the test made Postgres refuse`
            : 'a loan at the same time as others';
          const wanted = refused ? 500 : 201;
          if (status !== wanted) expect.fail(`answered ${status}, expected ${wanted}: ${what}`);
          expectState(state, refused ? ON_THE_SHELF : LENT, what);
        }),
      () => explainHalves({ draw, postgres, service: other, memberId }, attempts),
    );
  },
);

/** An outer bound: the row comes at once, or never. */
const INSERT_WITHIN_MS = 10_000;

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
      let waiting: number | undefined;
      const found = async () => ([waiting] = await waitingSessions(postgres)).length > 0;
      await happens(found, { within: INSERT_WITHIN_MS });
      if (waiting === undefined) {
        expect.fail(
          `After ${INSERT_WITHIN_MS / 1_000} s there was still no new row in \`loans\`, so the test could not kill the service between two statements. First solve the failures above this one. (\`npm run labs -- test 0 4 --all\` shows each.)`,
        );
      }
      await other.kill();
      // Postgres does not see the kill: it would still do the statement that waits.
      await hold.endConnection(waiting);
    }
    const state = await stateOf(postgres, bookId);
    await explain(
      () => {
        expectState(state, ON_THE_SHELF, `book ${bookId} after a kill`);
      },
      () => undoneByCode({ draw, postgres, service, memberId }, state),
    );
  },
);

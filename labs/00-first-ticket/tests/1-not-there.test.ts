import { expect, explain, judges, lesson, test } from '@backend-labs/testkit';
import { okWithNothing } from './support/diagnose-missing.ts';
import { addBook, bookInTable, idOfNothing } from './support/library.ts';
import { expectFields, expectStatus, logLine, said } from './support/sent.ts';

test('GET shows a book that is there', judges('1.1'), async ({ draw, postgres, service }) => {
  const book = await addBook(postgres, draw);
  const answer = (await service.get(`/v1/books/${book.id}`)).expect(200);
  await explain(
    () => expectFields(answer.body, book, `the answer to ${answer.request}`),
    () => {
      if (!Array.isArray(answer.body)) return;
      lesson('a-list-of-one', {
        observed: `${answer.request} answered a list (an array) with ${answer.body.length} book in it.`,
        meaning:
          'The result of a query has `rows`, an array, even if there is only one row. The app wants the book itself: it reads `answer.title`, and an array has no title.',
        lookAt: 'the value that the handler gives to `res.json`.',
      });
    },
  );
});

test('GET of a missing book answers 404', judges('1.2'), async ({ draw, service }) => {
  const answer = await service.get(`/v1/books/${idOfNothing(draw)}`);
  await explain(
    () => expectStatus(answer, 404, 'no book has this id'),
    async () => {
      if (answer.status === 500 && (await logLine(service.logs, 'TypeError'))) {
        lesson('no-row', {
          observed: `${said(answer)}. The log has a TypeError, at the line that reads the first row.`,
          meaning:
            'The SELECT worked. It found no row, so `rows` is an empty array and `rows[0]` is undefined. Reading a property of undefined throws a TypeError, and an error that the service does not expect becomes a 500: "we have a bug". But the client asked for a book that does not exist, and that is a 404.',
          lookAt: '`src/get-member.ts`: what does it do between the query and the answer?',
        });
      }
      okWithNothing(answer);
    },
  );
});

test(
  'DELETE of a book answers 204, and the book is gone',
  judges('1.3'),
  async ({ draw, postgres, service }) => {
    const book = await addBook(postgres, draw);
    const answer = await service.delete(`/v1/books/${book.id}`);
    const left = await bookInTable(postgres, book.id);
    await explain(
      () => expectStatus(answer, 204, 'the book was there'),
      () => {
        if (answer.status !== 404 || left) return;
        lesson('rows-of-a-delete', {
          observed: `${said(answer)}. But the book was there before, and now it is gone.`,
          meaning:
            'A DELETE does not send the deleted rows back, so `rows` is always empty, even if it deleted one.',
          lookAt: 'the property `rowCount` of the result of a query, or the SQL word RETURNING.',
        });
      },
    );
    expect(left, `row of book ${book.id} after its DELETE`).toBeUndefined();
  },
);

test('DELETE of a missing book answers 404', judges('1.4'), async ({ draw, service }) => {
  const answer = await service.delete(`/v1/books/${idOfNothing(draw)}`);
  await explain(
    () => expectStatus(answer, 404, 'no book has this id'),
    () => {
      if (answer.status !== 204 && answer.status !== 200) return;
      lesson('deleted-nothing', {
        observed: `${said(answer)}, but no book has this id.`,
        meaning:
          'To Postgres, a DELETE that matches no row is not an error: it deletes 0 rows and is done. So nothing throws, and the handler goes on to its answer.',
        lookAt: 'what the result of `pool.query` says about how many rows a statement changed.',
      });
    },
  );
});

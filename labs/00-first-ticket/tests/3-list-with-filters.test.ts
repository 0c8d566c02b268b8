import { each, explain, judges, lesson, test } from '@backend-labs/testkit';
import { changedText, quoteEndsString, ranAsSql } from './support/diagnose-list.ts';
import { placeholderCount } from './support/diagnose-placeholders.ts';
import { addBook, type Book } from './support/library.ts';
import { expectIds, type Filters, idsIn, list, listPath, sortedIdsIn } from './support/list.ts';
import { expectFields, expectStatus } from './support/sent.ts';
import { textsWithSql, withoutSql } from './support/texts.ts';

test(
  'the list has all books, lowest id first',
  judges('3.1'),
  async ({ draw, postgres, service }) => {
    await addBook(postgres, draw);
    // Postgres puts a changed row behind the others.
    await postgres.query('UPDATE books SET year = year WHERE id = 1');
    const all = await postgres.query<Book>(
      'SELECT id, title, author, year, available FROM books ORDER BY id',
    );
    const ids = all.map(({ id }) => id);
    const mark = service.logs.mark();
    const answer = await list(service);
    const listed = idsIn(answer);
    await explain(
      () => expectIds(answer, listed, ids, 'all books, lowest id first'),
      async () => {
        await placeholderCount(answer, service.logs.since(mark));
        if (!listed) return;
        if (listed.toSorted((a, b) => a - b).join() !== ids.join()) return;
        lesson('order-by-luck', {
          observed: `GET /v1/books has all ${ids.length} books, but in this order: ${listed.join(', ')}.`,
          meaning:
            'Without ORDER BY, Postgres sends rows in the order in which it finds them. That is often the order in which they were added, but a row that was changed moves.',
          lookAt: 'the end of the SELECT.',
        });
      },
    );
    for (const [at, book] of all.entries()) {
      expectFields(answer.body.items?.[at], book, `book ${book.id} in GET /v1/books`);
    }
  },
);

test('a book must match all filters', judges('3.2'), async ({ draw, postgres, service }) => {
  const [title, author] = [`The ${draw.word()}`, `${draw.word()} ${draw.word()}`];
  const both = await addBook(postgres, draw, { title, author });
  const lent = await addBook(postgres, draw, { title, author, available: false });
  const sameTitle = await addBook(postgres, draw, { title });
  const sameAuthor = await addBook(postgres, draw, { author });
  const longer = await addBook(postgres, draw, { title: `${title} again`, author });
  // Not exactly this text.
  await addBook(postgres, draw, { title: title.toUpperCase(), author: author.toUpperCase() });
  const lists: readonly (readonly [Filters, readonly Book[]])[] = [
    [{ title }, [both, lent, sameTitle]],
    [{ author }, [both, lent, sameAuthor, longer]],
    [{ title, author }, [both, lent]],
    [{ title, available: 'true' }, [both, sameTitle]],
    [{ author, available: 'false' }, [lent]],
    [{ title, author, available: 'true' }, [both]],
    [{ title, author: draw.word() }, []],
  ];
  await each('lists', lists, async ([filters, books]) => {
    const mark = service.logs.mark();
    const answer = await list(service, filters);
    const listed = sortedIdsIn(answer);
    const ids = books.map(({ id }) => id);
    const what = ids.length === 1 ? 'the book that matches' : 'the books that match';
    await explain(
      () => expectIds(answer, listed, ids, what),
      async () => {
        await placeholderCount(answer, service.logs.since(mark));
        const onShelf = [both, sameAuthor, longer].map(({ id }) => id);
        if (filters['available'] !== 'false' || String(listed) !== onShelf.join()) return;
        lesson('the-text-false', {
          observed: `GET ${listPath(filters)} has the ${onShelf.length} books of this author that are on the shelf, and not the one that is lent.`,
          meaning:
            'A parameter of a URL is always a text. The text "false" is not empty, so it is truthy: Boolean("false") is true.',
          lookAt: 'how the text becomes true or false.',
        });
      },
    );
  });
  const onShelf = await postgres.query<Book>('SELECT id FROM books WHERE available ORDER BY id');
  const answer = await list(service, { available: 'true' });
  const ids = onShelf.map(({ id }) => id);
  expectIds(answer, sortedIdsIn(answer), ids, 'the books on the shelf');
});

test('any other text in `available` is refused', judges('3.4'), async ({ service }) => {
  await each('texts', ['yes', 'no', 'TRUE', '1', '0', 'null'], async (available) => {
    const answer = await list(service, { available });
    await explain(
      () => expectStatus(answer, 400, 'available is neither true nor false'),
      () => {
        const values = new Set((answer.body.items ?? []).map((book) => book.available));
        if (answer.status !== 200 || values.size !== 1) return;
        lesson('a-guess', {
          observed: `${answer.request} answered 200, and \`available\` is ${[...values].join()} in each of its books.`,
          meaning:
            'The service does not know this text, and guesses. The client has a bug, gets a list that looks right, and nobody notices.',
          lookAt: 'what the handler does with a text that is neither `true` nor `false`.',
        });
      },
    );
  });
});

// The last one: if the service runs the text as SQL, the table loans is gone afterwards.
test('each character of a filter is text', judges('3.3'), async ({ draw, postgres, service }) => {
  const filters = ['title', 'author'].flatMap((name) =>
    textsWithSql(draw).map((text) => ({ name, text })),
  );
  await each('filters', filters, async ({ name, text }) => {
    const book = await addBook(postgres, draw, { [name]: text });
    const other = await addBook(postgres, draw, { [name]: withoutSql(text) });
    const expected = text === withoutSql(text) ? [book.id, other.id] : [book.id];
    const mark = service.logs.mark();
    const answer = await list(service, { [name]: text });
    const listed = sortedIdsIn(answer);
    const request = `GET ${listPath({ [name]: text })}`;
    await explain(
      () => expectIds(answer, listed, expected, `the book with this ${name}: ${text}`),
      async () => {
        await ranAsSql(postgres, request);
        if (String(listed) === String(other.id)) changedText(request, text, withoutSql(text));
        const logs = service.logs.since(mark);
        await placeholderCount(answer, logs);
        await quoteEndsString(answer, text, logs, (another) => list(service, { [name]: another }));
      },
    );
  });
});

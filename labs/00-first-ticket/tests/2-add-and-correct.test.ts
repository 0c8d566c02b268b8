import { each, expect, explain, judges, test } from '@backend-labs/testkit';
import { BAD_IN_PATCH, BAD_IN_POST, patchBody, postBody, VALID } from './support/bodies.ts';
import { okWithNothing } from './support/diagnose-missing.ts';
import { acceptedBadValue, nullIsAValue, yearIsOptional } from './support/diagnose-rules.ts';
import { falsySkipsTheCheck } from './support/diagnose-falsy.ts';
import { lostFields, nothingToSet, setOtherField } from './support/diagnose-patch.ts';
import { addBook, type Book, bookInTable, countBooks, idOfNothing } from './support/library.ts';
import { expectFields, expectStatus, sent } from './support/sent.ts';

const BOOKS = '/v1/books';

test('POST adds a book that follows the rules', judges('2.1'), async ({ postgres, service }) => {
  await each('bodies', VALID, async (body) => {
    const answer = await service.post<Book>(BOOKS, body);
    await explain(
      () => expectStatus(answer, 201, 'the body follows the rules', body),
      () => yearIsOptional(answer, body),
    );
    const { id } = answer.body;
    const { title, author, year = null } = body;
    const expected = { id, title, author, year, available: true };
    expectFields(answer.body, expected, `the answer to ${sent(answer, body)}`);
    const row = await bookInTable(postgres, id);
    expectFields(row, expected, `row of the new book after ${sent(answer, body)}`);
  });
});

test('POST refuses a body that breaks a rule', judges('2.2'), async ({ postgres, service }) => {
  const send = (body: unknown) => service.post<Book>(BOOKS, body);
  await each('bodies', BAD_IN_POST, async ({ fault, body, field }) => {
    const before = await countBooks(postgres);
    const mark = service.logs.mark();
    const answer = await send(body);
    await explain(
      () => expectStatus(answer, 400, fault, body),
      async () => {
        const logs = service.logs.since(mark);
        await falsySkipsTheCheck(answer, body, field, logs, (name, value) =>
          send(postBody(name, value)),
        );
        acceptedBadValue(answer, body);
      },
    );
    const added = (await countBooks(postgres)) - before;
    if (added > 0) expect.fail(`${fault}: answered 400 and added a book: ${sent(answer, body)}`);
  });
});

test(
  'PATCH refuses a body that breaks a rule',
  judges('2.2'),
  async ({ draw, postgres, service }) => {
    const { id } = await addBook(postgres, draw);
    const send = (body: unknown) => service.patch<Book>(`${BOOKS}/${id}`, body);
    await each('bodies', BAD_IN_PATCH, async ({ fault, body, field }) => {
      const before = (await bookInTable(postgres, id)) ?? {};
      const mark = service.logs.mark();
      const answer = await send(body);
      await explain(
        () => expectStatus(answer, 400, fault, body),
        async () => {
          const logs = service.logs.since(mark);
          await falsySkipsTheCheck(answer, body, field, logs, (name, value) =>
            send(patchBody(name, value)),
          );
          acceptedBadValue(answer, body);
        },
      );
      const after = await bookInTable(postgres, id);
      expectFields(after, before, `row of the book after ${sent(answer, body)}`);
    });
  },
);

test('PATCH sets the fields in the body', judges('2.3'), async ({ draw, postgres, service }) => {
  const title = `The ${draw.word()}`;
  const author = `${draw.word()} ${draw.word()}`;
  const year = draw.int(1000, 2100);
  const bodies = [{ title, author, year }, { title }, { author }, { year }, { year: null }];
  await each('bodies', bodies, async (body) => {
    const { id } = await addBook(postgres, draw);
    const mark = service.logs.mark();
    const answer = await service.patch<Book>(`${BOOKS}/${id}`, body);
    await explain(
      () => expectStatus(answer, 200, 'the body follows the rules', body),
      () => lostFields(answer, body, service.logs.since(mark)),
    );
    await explain(
      () => {
        expect(answer.body, `the answer to ${sent(answer, body)}`).toMatchObject(body);
      },
      () => nullIsAValue(answer, body),
    );
    const row = await bookInTable(postgres, id);
    expectFields(row, answer.body, `row of the book after ${sent(answer, body)}`);
  });
});

test('PATCH changes nothing else', judges('2.4'), async ({ draw, postgres, service }) => {
  const title = `The ${draw.word()}`;
  const requests: readonly { fields: Partial<Book>; others?: Readonly<Record<string, unknown>> }[] =
    [
      { fields: { title } },
      { fields: { title, author: draw.word() } },
      { fields: { year: draw.int(1900, 2000) } },
      { fields: {} },
      { fields: { title }, others: { available: false } },
      { fields: { title }, others: { id: draw.int(500_000, 900_000) } },
      { fields: { title }, others: { shelf: 'B2' } },
      { fields: {}, others: { available: false } },
    ];
  await each('bodies', requests, async ({ fields, others = {} }) => {
    const before = await addBook(postgres, draw);
    const body = { ...fields, ...others };
    const mark = service.logs.mark();
    const answer = await service.patch<Book>(`${BOOKS}/${before.id}`, body);
    const after = await bookInTable(postgres, before.id);
    await explain(
      () => {
        expectStatus(answer, 200, 'the body follows the rules', body);
        const wanted = { ...before, ...fields };
        expectFields(after, wanted, `row of the book after ${sent(answer, body)}`);
      },
      async () => {
        const logs = service.logs.since(mark);
        setOtherField(answer, body, before, after);
        await nothingToSet(answer, body, logs);
        await lostFields(answer, body, logs, before, after);
      },
    );
  });
});

test('PATCH of a missing book answers 404', judges('2.5'), async ({ draw, service }) => {
  const bodies = [{ title: `The ${draw.word()}`, author: draw.word(), year: 1999 }, { year: 1999 }];
  await each('bodies', bodies, async (body) => {
    const answer = await service.patch(`${BOOKS}/${idOfNothing(draw)}`, body);
    await explain(
      () => expectStatus(answer, 404, 'no book has this id', body),
      () => okWithNothing(answer),
    );
  });
});

import { type Answer, lesson, type Logs } from '@backend-labs/testkit';
import type { Book } from './library.ts';
import { logLine, said } from './sent.ts';

/** Fields that were not in the body became null, or were about to and Postgres refused it. */
export async function lostFields(
  answer: Answer<Book>,
  body: object,
  logs: Logs,
  before?: Book,
  after?: Book,
): Promise<void> {
  const meaning =
    'A field that is not in the body is undefined in JavaScript, and pg sends undefined to Postgres as NULL. The UPDATE sets every column each time, so it writes NULL into each column that the client did not send.';
  const lookAt = 'which columns the UPDATE sets, and which ones the client sent.';
  if (answer.status === 500) {
    const refused = await logLine(logs, 'violates not-null constraint');
    const [, column] = /null value in column \\?"(\w+)/u.exec(refused ?? '') ?? [];
    if (column === undefined || column in body) return;
    lesson('missing-becomes-null', {
      observed: `${said(answer, body)}. Postgres refused to set ${column} to NULL. The body has no ${column}.`,
      meaning,
      lookAt,
    });
  }
  if (
    answer.status === 200 &&
    typeof before?.year === 'number' &&
    after?.year === null &&
    !('year' in body)
  ) {
    lesson('missing-becomes-null', {
      observed: `${said(answer, body)}. The year was ${before.year} before, and now it is NULL. The body has no year.`,
      meaning,
      lookAt,
    });
  }
}

/** No field is in the body, and the UPDATE was built all the same. */
export async function nothingToSet(answer: Answer<Book>, body: object, logs: Logs): Promise<void> {
  if (answer.status !== 500 || ['title', 'author', 'year'].some((name) => name in body)) return;
  const line = await logLine(logs, 'syntax error at');
  const [found] = /syntax error at (?:end of input|or near \\?"\w+)/u.exec(line ?? '') ?? [];
  if (found === undefined) return;
  lesson('nothing-to-set', {
    observed: `${said(answer, body)}. The log says: ${found.replace(/\\?"(\w+)/u, '"$1"')}.`,
    meaning:
      'The body has no `title`, no `author` and no `year`, so the list between SET and WHERE is empty: `UPDATE books SET  WHERE id = …`. That is not SQL. But the body follows the rules. It only changes nothing.',
    lookAt: 'what the handler does if there is no field to set. The answer still needs the book.',
  });
}

/** A field that no client may set was set. */
export function setOtherField(
  answer: Answer<Book>,
  body: object,
  before: Book,
  after: Book | undefined,
): void {
  const available = answer.status === 200 && before.available !== after?.available;
  // Postgres has no such column, or refuses to change it: its name went into the statement.
  const named = answer.status === 500 && ('shelf' in body || 'id' in body);
  if (!available && !named) return;
  lesson('client-names-columns', {
    observed: available
      ? `${said(answer, body)}, and changed \`available\` from ${before.available} to ${after?.available}.`
      : `${said(answer, body)}: a field that is not in the table of the ticket became a part of the statement.`,
    meaning:
      'The handler takes the names of the columns from the body, so the client decides which columns are changed, `available` included. A name from the body can also be any piece of SQL.',
    lookAt: 'a fixed list of the fields that a client may set.',
  });
}

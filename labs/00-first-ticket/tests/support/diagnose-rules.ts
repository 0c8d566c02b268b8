import { type Answer, lesson } from '@backend-labs/testkit';
import type { Book } from './library.ts';
import { said, short } from './sent.ts';

/** A check that wants a number refused a book whose year nobody knows. */
export function yearIsOptional(answer: Answer, body: { readonly year?: number | null }): void {
  if (answer.status !== 400 || typeof body.year === 'number') return;
  lesson('year-is-optional', {
    observed: `${said(answer, body)}: ${short(answer.text)}`,
    meaning:
      '`year` may be missing, and it may be null: nobody knows when some old books were written. Both are valid. A check that only accepts a number refuses these books.',
    lookAt: 'the row of `year` in the table of the ticket.',
  });
}

/** A null in the body left the year as it was. */
export function nullIsAValue(answer: Answer<Book>, body: { readonly year?: number | null }): void {
  if (body.year !== null || typeof answer.body.year !== 'number') return;
  lesson('null-is-a-value', {
    observed: `${said(answer, body)}, and the year is still ${answer.body.year}.`,
    meaning:
      '`null` in the body is a value: "nobody knows the year". It is not the same as a body without `year`. Code that reads null as "not sent", such as COALESCE in SQL or `??` in JavaScript, can never remove a year.',
    lookAt: 'how the handler finds out whether a field is in the body.',
  });
}

/** A value of the wrong type was accepted: which check let it through? */
export function acceptedBadValue(answer: Answer<Book>, body: unknown): void {
  if (answer.status !== 200 && answer.status !== 201) return;
  const { title, year } = (body ?? {}) as Record<string, unknown>;
  const { body: book } = answer;
  if (typeof year === 'string' && book.year === Number(year)) {
    lesson('converted-not-checked', {
      observed: `${said(answer, body)}: the text "${year}" became the year ${book.year}.`,
      meaning:
        'Number("1987") is 1987, Number(true) is 1, and Number("") is 0. A conversion makes a number from almost everything, so a check that comes after it cannot see what the client really sent.',
      lookAt: 'a check of the value as it is in the body, before anything converts it.',
    });
  }
  if (typeof title === 'number' || (typeof title === 'string' && /^ +$/u.test(title))) {
    lesson('truthy-is-not-valid', {
      observed: `${said(answer, body)}: ${short(answer.text)}`,
      meaning:
        '`if (!title)` only finds values such as undefined, null, 0 and the empty text. 42 and a text of three spaces are truthy, so they pass. Then Postgres stores 42 as the text "42".',
      lookAt: 'the type of the value, and how much of it is left without spaces.',
    });
  }
}

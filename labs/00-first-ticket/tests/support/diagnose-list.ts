import { type Answer, lesson, type Logs, type PostgresProbe } from '@backend-labs/testkit';
import { logLine } from './sent.ts';
import { withoutSql } from './texts.ts';

/** The text of a filter ran as SQL. */
export async function ranAsSql(postgres: PostgresProbe, request: string): Promise<void> {
  const [loans] = await postgres.query<{ gone: boolean }>(
    `SELECT to_regclass('loans') IS NULL AS gone`,
  );
  if (loans?.gone !== true) return;
  lesson('text-became-sql', {
    observed: `${request} dropped the table loans. It is gone, with all of its rows. (This was a database of the test. Your own is safe.)`,
    meaning:
      "The handler puts the text of the request between two quotes inside the statement. A quote in the text ends the string, and Postgres runs the rest as SQL. This is called SQL injection. The same mistake is why a search for The Handmaid's Tale answers 500.",
    lookAt:
      'how `src/get-member.ts` gives the id to Postgres: `$1` in the statement, and the value beside it.',
  });
}

/** The service took characters out of the text, and so found another book. */
export function changedText(request: string, text: string, found: string): void {
  lesson('text-was-changed', {
    observed: `${request} looks for "${text}" and found "${found}".`,
    meaning:
      'The service takes characters out of the text before it searches. That stops the attack, but readers who look for a title with a quote do not find it.',
    lookAt: 'a way to hand the text to Postgres as it is: a parameter of the statement.',
  });
}

const SYNTAX = /syntax error at or near \\?"[^"\\]*\\?"|unterminated quoted string/u;

/** A quote in the text ended the string of the statement. The same text without quotes does not. */
export async function quoteEndsString(
  { request, status }: Answer,
  text: string,
  logs: Logs,
  search: (text: string) => Promise<Answer>,
): Promise<void> {
  if (status !== 500 || !text.includes("'")) return;
  const line = await logLine(logs, SYNTAX);
  if (line === undefined || (await search(withoutSql(text))).status !== 200) return;
  const { status: withOne } = await search("Cat's Cradle");
  const isFirstOnly = withOne === 200 && text.split("'").length > 2;
  lesson('text-became-sql', {
    observed: `${request} answered 500. The log says: ${SYNTAX.exec(line)?.[0].replaceAll('\\', '')}.`,
    meaning: isFirstOnly
      ? 'A title with one quote is found, so something is done about quotes. But this text has more than one. `text.replace("\'", …)` replaces only the first one. The next quote ends the string inside the statement, and Postgres reads the rest as SQL.'
      : 'The handler puts the text of the request between two quotes inside the statement. A quote in the text ends the string, and Postgres reads the rest as SQL. This is called SQL injection.',
    lookAt:
      'how `src/get-member.ts` gives the id to Postgres: `$1` in the statement, and the value beside it.',
  });
}

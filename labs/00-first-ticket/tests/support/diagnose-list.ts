import { lesson, type PostgresProbe } from '@backend-labs/testkit';

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

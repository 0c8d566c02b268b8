import type { Draw } from '@backend-labs/testkit';

/** Texts with characters that mean something in SQL. Each has a word of its own. */
export function textsWithSql(draw: Draw): string[] {
  const texts: readonly ((word: string) => string)[] = [
    // The first one, so that its lesson is the one that is shown.
    (word) => `${word}'; DROP TABLE loans; --`,
    (word) => `${word}'s Cradle`,
    (word) => `'${word}'`,
    (word) => `${word}''s`,
    (word) => `"${word}"`,
    (word) => `${word}\\`,
    (word) => `${word}\\' OR true --`,
    (word) => `${word}; SELECT 1`,
    (word) => `${word}' OR 'a' = 'a`,
    (word) => `${word} -- a story`,
    (word) => `$1 ${word}`,
  ];
  return texts.map((textOf) => textOf(draw.word()));
}

/** The same text without the characters that a careful-looking service takes out. */
export function withoutSql(text: string): string {
  return text.replaceAll(/['";\\]|--/gu, '');
}

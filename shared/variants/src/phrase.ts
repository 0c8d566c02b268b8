/** Between two words: white space, and the marks at the start of a comment's or quote's next line. */
export const GAP = String.raw`\s+(?:(?:\*|\/\/|--|#|>)\s+)?`;

/** Source of an expression that finds a phrase, even if it is wrapped at another word. */
export function phraseSource(phrase: string): string {
  return escapedWords(phrase).join(GAP);
}

/** The same, with a group for each gap between two words. */
export function phraseWithGaps(phrase: string): string {
  return escapedWords(phrase).join(`(${GAP})`);
}

/** A phrase, wrapped as another one was. */
export function wrappedLike(phrase: string, gaps: readonly string[]): string {
  return wordsOf(phrase)
    .map((word, at) => (at === 0 ? word : `${gaps[at - 1] ?? ' '}${word}`))
    .join('');
}

function escapedWords(phrase: string): string[] {
  return wordsOf(phrase).map((word) => word.replaceAll(/[$()*+./?[\\\]^{|}]/gu, String.raw`\$&`));
}

function wordsOf(phrase: string): string[] {
  return phrase.trim().split(/\s+/u);
}

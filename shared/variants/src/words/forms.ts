/** How an occurrence of a term begins: what may stand before and after it depends on it. */
export type Case = 'lower' | 'capital' | 'upper';

/** A term as it is written somewhere, and as it is to be written. */
export interface Form {
  readonly case: Case;
  readonly from: string;
  readonly to: string;
}

/** The regular plural of a noun: `charges`, `boxes`, `parties`. */
export function pluralOf(term: string): string {
  if (/(?:s|x|z|ch|sh)$/u.test(term)) return `${term}es`;
  if (/[^aeo]y$/u.test(term)) return `${term.slice(0, -1)}ies`;
  return `${term}s`;
}

/** Terms and their regular plurals, unless a plural is a term of its own. */
export function withPlurals(terms: Readonly<Record<string, string>>): Record<string, string> {
  const plurals = Object.entries(terms).map(([from, to]) => [pluralOf(from), pluralOf(to)]);
  return { ...Object.fromEntries(plurals), ...terms };
}

/** Every way to write a term: `gift card`, `giftCard`, `GIFT_CARD`, `gift-card`, `Gift card`, …. */
export function formsOf(from: string, to: string): Form[] {
  const forms = WAYS.map(({ case: kind, write }) => {
    return { case: kind, from: write(from.split(' ')), to: write(to.split(' ')) };
  });
  return forms.filter(({ from: text }, at) => forms.findIndex((one) => one.from === text) === at);
}

type Write = (words: readonly string[]) => string;

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const joined =
  (first: (word: string) => string, others: (word: string) => string, by: string): Write =>
  (words) =>
    words.map((word, at) => (at === 0 ? first(word) : others(word))).join(by);
const same = (word: string) => word;
const upper = (word: string) => word.toUpperCase();

const WAYS: readonly { readonly case: Case; readonly write: Write }[] = [
  { case: 'lower', write: joined(same, same, ' ') },
  { case: 'lower', write: joined(same, same, '-') },
  { case: 'lower', write: joined(same, same, '_') },
  { case: 'lower', write: joined(same, capital, '') },
  { case: 'capital', write: joined(capital, same, ' ') },
  { case: 'capital', write: joined(capital, capital, ' ') },
  { case: 'capital', write: joined(capital, capital, '-') },
  { case: 'capital', write: joined(capital, capital, '') },
  { case: 'upper', write: joined(upper, upper, ' ') },
  { case: 'upper', write: joined(upper, upper, '_') },
];

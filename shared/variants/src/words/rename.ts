import { GAP, phraseSource, wrappedLike } from '../phrase.ts';
import { formsOf, withPlurals, type Case } from './forms.ts';

/** Before and after an occurrence: it is in `chargeId` and `to_charge`, and not in `recharge`. */
const AROUND: Readonly<Record<Case, readonly [before: string, after: string]>> = {
  // An escape such as \n in a string, or \b in an expression, is not part of a word.
  lower: [String.raw`(?:(?<![A-Za-z])|(?<=\\[a-zA-Z]))`, '(?![a-z])'],
  capital: ['(?<![A-Z])', '(?![a-z])'],
  upper: ['(?<![A-Za-z])', '(?![A-Za-z])'],
};
const GAPS = new RegExp(GAP, 'gu');
const ARTICLE = String.raw`(?:\b(?<article>[Aa]n?)(?<gap>${GAP}[*_\x60"“(]*))?`;

/** Renames the terms of a skin in any text or path. */
export class Renaming {
  readonly #pattern: RegExp | undefined;
  readonly #to = new Map<string, string>();

  /**
   * @param terms the lab's word → the skin's word; regular plurals are derived.
   * @param keep phrases that stay as they are.
   */
  constructor(terms: Readonly<Record<string, string>>, keep: readonly string[]) {
    const forms = Object.entries(withPlurals(terms)).flatMap(([from, to]) => formsOf(from, to));
    if (forms.length === 0) return;
    for (const { from, to } of forms) this.#to.set(from, to);
    const groups = Object.entries(AROUND).map(([kind, [before, after]]) => {
      const sources = forms
        .filter((form) => form.case === kind)
        .map(({ from }) => from)
        .toSorted((one, other) => other.length - one.length)
        .map(phraseSource);
      return `${before}(?:${[...new Set(sources)].join('|')})${after}`;
    });
    const kept = keep.toSorted((one, other) => other.length - one.length).map(phraseSource);
    const stays = kept.length > 0 ? `(?<kept>(?i:${kept.join('|')}))|` : '';
    this.#pattern = new RegExp(`${stays}${ARTICLE}(?<term>${groups.join('|')})`, 'gu');
  }

  rename(text: string): string {
    return this.#found(text, (_term, to) => to);
  }

  /** The terms of a text: as written, and as they are to be written. */
  termsIn(text: string): Map<string, string> {
    const found = new Map<string, string>();
    this.#found(text, (term, to) => {
      found.set(term, to);
      return to;
    });
    return found;
  }

  #found(text: string, swap: (term: string, to: string) => string): string {
    if (!this.#pattern) return text;
    return text.replaceAll(this.#pattern, (whole, ...args) => {
      const groups = args.at(-1) as Partial<Record<string, string>>;
      const { kept, article, gap = '', term } = groups;
      if (kept !== undefined || term === undefined) return whole;
      const written = term.replaceAll(GAPS, ' ');
      const to = swap(written, this.#to.get(written) ?? written);
      const gaps = term.match(GAPS) ?? [];
      const renamed = wrappedLike(to, gaps);
      if (article === undefined) return renamed;
      const same = startsWithVowel(written) === startsWithVowel(to);
      return `${same ? article : articleFor(to, article)}${gap}${renamed}`;
    });
  }
}

function articleFor(word: string, old: string): string {
  return `${old.charAt(0)}${startsWithVowel(word) ? 'n' : ''}`;
}

/** By its sound, as far as a rule can tell. */
function startsWithVowel(word: string): boolean {
  return /^(?:a|e(?!u)|i|o(?!nc?e)|u(?!ni|se|ti)|hour|honest)/iu.test(word);
}

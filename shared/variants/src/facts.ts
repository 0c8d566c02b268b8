import { VariantError } from './errors.ts';
import { isMeant, type Texts } from './files.ts';
import { phraseWithGaps, wrappedLike } from './phrase.ts';
import type { Drawn } from './draw.ts';
import type { Fact, Spec } from './spec.ts';

/** `{}`, or of a number `{+1}`, `{-1}`, `{*1000}`, and `{,}` with separators of thousands. */
const HOLE = /\{(?<change>[+*-]\d+|,)?\}/gu;

/** Checks that each phrase of each fact is where `variant.yaml` says. */
export function checkFacts(lab: string, { facts }: Pick<Spec, 'facts'>, texts: Texts): void {
  for (const [name, fact] of Object.entries(facts)) {
    for (const [glob, phrases] of Object.entries(fact.places)) {
      const files = [...texts].filter(([path]) => isMeant(glob, path));
      const missing = phrases.find(
        (phrase) => !files.some(([, text]) => finder(phrase, fact).test(text)),
      );
      if (missing === undefined) continue;
      const wanted = filled(missing, fact.is);
      throw new VariantError(
        'FACT_MISSING',
        `labs/${lab}/variant.yaml: facts.${name}: "${wanted}" is not in ${glob}.`,
      );
    }
  }
}

/** Puts the drawn facts into one file. */
export function withFacts(
  text: string,
  path: string,
  { facts }: Pick<Spec, 'facts'>,
  drawn: Drawn['facts'],
): string {
  let result = text;
  for (const [name, fact] of Object.entries(facts)) {
    const value = drawn[name] ?? fact.is;
    if (value === fact.is) continue;
    const phrases = Object.entries(fact.places).flatMap(([glob, all]) => {
      return isMeant(glob, path) ? all : [];
    });
    for (const phrase of phrases) {
      const swapped = (_found: string, ...groups: (string | number)[]) =>
        wrappedLike(
          filled(phrase, value),
          groups.filter((group) => typeof group === 'string').slice(0, -1),
        );
      result = result.replaceAll(finder(phrase, fact), swapped);
    }
  }
  return result;
}

/** A passage's `{fact}`s, filled in. */
export function fillIn(text: string, drawn: Drawn['facts']): string {
  return text.replaceAll(/\{(?<name>[a-z0-9-]+)\}/gu, (hole, name: string) => {
    return String(drawn[name] ?? hole);
  });
}

/** Finds a phrase with the fact's own value in its holes; a number is never a part of a longer one. */
function finder(phrase: string, { is }: Fact): RegExp {
  const source = phraseWithGaps(filled(phrase, is));
  const before = /^\d/u.test(filled(phrase, is)) ? '(?<!\\d)' : '';
  const after = /\d$/u.test(filled(phrase, is)) ? '(?!\\d)' : '';
  return new RegExp(`${before}${source}${after}`, 'gu');
}

function filled(phrase: string, value: string | number): string {
  return phrase.replaceAll(HOLE, (_hole, change?: string) => {
    if (typeof value === 'string' || change === undefined) return String(value);
    if (change === ',') return value.toLocaleString('en');
    const by = Number(change.slice(1));
    if (change.startsWith('*')) return String(value * by);
    return String(value + (change.startsWith('-') ? -by : by));
  });
}

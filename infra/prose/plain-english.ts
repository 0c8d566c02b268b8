import type { TxtNode, TxtParentNode } from '@textlint/ast-node-types';
import type { TextlintRuleReporter } from '@textlint/kernel';
import type { PlacedParagraph } from './document.ts';
import { PHRASES, type Phrase, type Place } from './phrases.ts';

const COMPILED = PHRASES.map((phrase) => ({
  phrase,
  pattern: new RegExp(phrase.pattern.source.replaceAll(' ', String.raw`\s+`), 'gi'),
}));

/** What a phrase was found in: offsets count from the start of the text. */
export interface Finding {
  readonly phrase: Phrase;
  readonly start: number;
  readonly end: number;
}

/** The phrases in one paragraph of prose. */
export function phrasesIn(text: string, place: Place): Finding[] {
  return COMPILED.filter(({ phrase: { only } }) => !only || only.includes(place)).flatMap(
    ({ phrase, pattern }) =>
      [...text.matchAll(pattern)].map(({ 0: found, index }) => ({
        phrase,
        start: index,
        end: index + found.trimEnd().length,
      })),
  );
}

/** The textlint rule: reports each phrase of `PHRASES` with the words to use instead. */
export const plainEnglish: TextlintRuleReporter = (context) => {
  const { RuleError, report, locator } = context;
  const look = (place: (node: TxtParentNode) => Place) => (node: TxtParentNode) => {
    for (const { phrase, start, end } of phrasesIn(textOf(node), place(node))) {
      const words = node.raw.slice(start, end).replaceAll(/\s+/g, ' ').trim();
      report(
        node,
        new RuleError(`"${words}" (${phrase.id}). Use ${phrase.instead}`, {
          padding: locator.range([start, end]),
        }),
      );
    }
  };
  return {
    Paragraph: look(placeOfParagraph),
    Header: look(() => 'heading'),
    TableCell: look(() => 'cell'),
  };
};

function placeOfParagraph(node: TxtParentNode): Place {
  if ('place' in node) return (node as PlacedParagraph).place;
  const [first] = node.children;
  const isPoint = first?.type === 'Strong' && /^\*\*\d+\.\d+\*\*$/.test(first.raw);
  return isPoint ? 'point' : 'paragraph';
}

/**
 * The words of a paragraph, each at its own offset: marks and line breaks are blanks, code is `xxx`,
 * and the number of a point is left out.
 */
function textOf(node: TxtParentNode): string {
  const chars = Array.from<string>({ length: node.raw.length }).fill(' ');
  const [origin] = node.range;
  const put = (each: TxtNode): void => {
    const from = each.range[0] - origin;
    if (each.type === 'Str') {
      const words = /^\d+\.\d+$/.test(each.raw) ? '' : each.raw.replaceAll(/\s/g, ' ');
      for (let at = 0; at < words.length; at++) chars[from + at] = words.charAt(at);
    } else if (each.type === 'Code') {
      chars.fill('x', from, from + each.raw.length);
    } else if ('children' in each) {
      for (const child of (each as TxtParentNode).children) put(child);
    }
  };
  put(node);
  return chars.join('');
}

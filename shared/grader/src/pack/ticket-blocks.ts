/** A part of a ticket up to the next blank line; a code block is one part. */
export interface Block {
  readonly kind: 'code' | 'table' | 'list' | 'prose';
  /** With the blank lines after it. */
  readonly text: string;
}

const WIDTH = 100;
const SENTENCE_END = /(?<=[.?!]["”)]?)\s+/u;
/** A line of a code block, a row of a table, or an item of a list with the lines that belong to it. */
const ITEMS: Readonly<Record<Exclude<Block['kind'], 'prose'>, RegExp>> = {
  code: /^(?=.)/mu,
  table: /^(?=\|)/mu,
  list: /^(?=(?:[-*]|\d+\.) )/mu,
};

export function blocksOf(section: string): Block[] {
  return (section.match(/^```[\s\S]*?^```\n+|(?:.+\n?)+\n*|\n+/gmu) ?? []).map((text) => ({
    kind: kindOf(text),
    text,
  }));
}

function kindOf(text: string): Block['kind'] {
  if (text.startsWith('```')) return 'code';
  if (text.startsWith('|')) return 'table';
  return /^(?:[-*]|\d+\.) /u.test(text) ? 'list' : 'prose';
}

/** Without the lines, rows, items or sentences that match; unchanged when none does. Numbered items are numbered again. */
export function withoutItems({ kind, text }: Block, matches: (item: string) => boolean): string {
  if (!matches(text.replaceAll(/\s+/gu, ' '))) return text;
  if (kind === 'prose') return withoutSentences(text, matches);
  let number = 0;
  const body = text.trimEnd();
  const kept = body
    .split(ITEMS[kind])
    .filter((item) => !matches(item.replaceAll(/\s+/gu, ' ')))
    .map((item) => item.replace(/^\d+(?=\. )/u, () => String((number += 1))))
    .join('');
  return kept.trimEnd() + text.slice(body.length);
}

/** Without the sentences that match. A heading is not a sentence. */
export function withoutSentences(text: string, matches: (sentence: string) => boolean): string {
  const [, heading = '', prose = '', end = ''] = /^((?:#.*\n+)?)([\s\S]*?)(\n*)$/u.exec(text) ?? [];
  const kept = prose
    .split(SENTENCE_END)
    .map((sentence) => sentence.replaceAll(/\s+/gu, ' '))
    .filter((sentence) => !matches(sentence));
  return kept.length === 0 ? heading : heading + wrapped(kept.join(' ')) + end;
}

function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + word.length < WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

import {
  ASTNodeTypes,
  type TxtDocumentNode,
  type TxtNodeLocation,
  type TxtParagraphNode,
} from '@textlint/ast-node-types';

/** Offsets in a file: the first character, and the one after the last. */
export type Range = readonly [start: number, end: number];

/** What a piece of prose in a file of code is. Some rules apply to a few of these only. */
export type CodePlace = 'comment' | 'title' | 'message' | 'field';

/** A piece of prose in a file that is not Markdown: one comment, one string, one field. */
export interface Piece {
  readonly place: CodePlace;
  /** The prose, in order and without overlaps. Between two ranges is markup, which reads as a blank. */
  readonly prose: readonly Range[];
  /** Code between prose, such as `${limit}`: it reads as one unknown word. */
  readonly code: readonly Range[];
}

/** A paragraph of textlint's tree that knows its place. */
export interface PlacedParagraph extends TxtParagraphNode {
  readonly place: CodePlace;
}

/** Text between backticks, which may be escaped, as they are in a template string. */
const CODE_SPAN = /\\?`[^`]*`/g;

/** The tree that textlint's rules walk: one paragraph for each piece of prose in the file. */
export function documentOf(text: string, pieces: readonly Piece[]): TxtDocumentNode {
  const locate = locator(text);
  const leaf = (type: 'Str' | 'Code', range: Range): TxtParagraphNode['children'][number] => {
    const raw = text.slice(...range);
    return { type, raw, value: raw, range, loc: locate(range) };
  };
  const children = pieces.flatMap(({ place, prose, code }): PlacedParagraph[] => {
    const leaves = [
      ...prose.flatMap((range) => withoutCodeSpans(text, range)),
      ...code.map((range) => ({ type: 'Code' as const, range })),
    ].toSorted((a, b) => a.range[0] - b.range[0]);
    const start = leaves[0]?.range[0];
    const end = leaves.at(-1)?.range[1];
    if (start === undefined || end === undefined) return [];
    const range: Range = [start, end];
    return [
      {
        type: ASTNodeTypes.Paragraph,
        place,
        raw: text.slice(...range),
        range,
        loc: locate(range),
        children: leaves.map((each) => leaf(each.type, each.range)),
      },
    ];
  });
  const whole: Range = [0, text.length];
  return {
    type: ASTNodeTypes.Document,
    raw: text,
    range: whole,
    loc: locate(whole),
    children,
  };
}

function withoutCodeSpans(
  text: string,
  [start, end]: Range,
): { readonly type: 'Str' | 'Code'; readonly range: Range }[] {
  const leaves: { type: 'Str' | 'Code'; range: Range }[] = [];
  let at = start;
  for (const { 0: span, index } of text.slice(start, end).matchAll(CODE_SPAN)) {
    const from = start + index;
    if (from > at) leaves.push({ type: 'Str', range: [at, from] });
    leaves.push({ type: 'Code', range: [from, from + span.length] });
    at = from + span.length;
  }
  if (end > at) leaves.push({ type: 'Str', range: [at, end] });
  return leaves;
}

/** Lines count from 1 and columns from 0, as textlint counts them. */
function locator(text: string): (range: Range) => TxtNodeLocation {
  const starts = [0, ...text.matchAll(/\n/g).map(({ index }) => index + 1)];
  const position = (offset: number) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) };
  };
  return ([start, end]) => ({ start: position(start), end: position(end) });
}

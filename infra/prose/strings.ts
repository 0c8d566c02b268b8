import {
  Visitor,
  type BinaryExpression,
  type CallExpression,
  type Expression,
  type PrivateInExpression,
  type Program,
  type StringLiteral,
  type TemplateLiteral,
} from 'oxc-parser';
import type { CodePlace, Piece, Range } from './document.ts';

type Text = StringLiteral | TemplateLiteral;

/** Three words in a row: a key, a path or a header is not prose. */
const THREE_WORDS = /[A-Za-z][\w'’,-]*\s+[\w'’"(`$-]+[,:;]?\s+[\w'’"(`$-]/;
const SQL =
  /^\s*(?:select|insert\s+into|update\s+\S+\s+set|delete\s+from|with\s+\w+|create\s+(?:or|table|index|unique|database|role|schema|extension|function|temp)|alter\s+(?:table|role|database)|drop\s+(?:table|index|database|role))\b/i;
const TITLED = new Set(['test', 'it', 'describe']);
/** How a line break, a tab and the like are written inside a string. */
const ESCAPE = /\\(?:[bfn]|[rtv0]|x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4})/g;

/** The strings of a file that are prose: messages, lessons, help, and titles of tests. */
export function piecesOfStrings(text: string, program: Program): Piece[] {
  const pieces: Piece[] = [];
  const taken = new Set<object>();
  const titles = new Set<object>();
  const add = (parts: readonly Text[], code: readonly Range[], place: CodePlace) => {
    const prose = parts.flatMap((part) => proseOf(text, part));
    const words = prose.map((range) => text.slice(...range)).join(' ');
    const isProse = place === 'title' || THREE_WORDS.test(words);
    if (isProse && !SQL.test(words)) pieces.push({ place, prose, code });
  };
  const placeOf = (node: object): CodePlace => (titles.has(node) ? 'title' : 'message');
  new Visitor({
    CallExpression(call: CallExpression) {
      const [title] = call.arguments;
      if (title && TITLED.has(rootOf(call))) titles.add(title);
    },
    TaggedTemplateExpression({ quasi }) {
      taken.add(quasi);
    },
    TSLiteralType({ literal }) {
      taken.add(literal);
    },
    ImportDeclaration({ source }) {
      taken.add(source);
    },
    BinaryExpression(node: BinaryExpression | PrivateInExpression) {
      if (taken.has(node) || !isSum(node)) return;
      const leaves = leavesOf(node, taken);
      const texts = leaves.filter(isText);
      for (const each of texts) taken.add(each);
      const code = leaves
        .filter((leaf) => !isText(leaf))
        .map(({ start, end }): Range => [start, end]);
      if (texts.length > 0) add(texts, [...code, ...texts.flatMap(holesOf)], placeOf(node));
    },
    TemplateLiteral(node: TemplateLiteral) {
      if (!taken.has(node)) add([node], holesOf(node), placeOf(node));
    },
    Literal(node: object) {
      if (!taken.has(node) && isText(node)) add([node], [], placeOf(node));
    },
  }).visit(program);
  return pieces;
}

/** `test`, of `test('…')` and of `test.each([…])('…')`. */
function rootOf({ callee }: CallExpression): string {
  let node: Expression = callee;
  while (node.type === 'MemberExpression' || node.type === 'CallExpression') {
    node = node.type === 'MemberExpression' ? node.object : node.callee;
  }
  return node.type === 'Identifier' ? node.name : '';
}

function isText(node: object): node is Text {
  const { type, value } = node as { type?: string; value?: unknown };
  return type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string');
}

function isSum(node: object): node is BinaryExpression {
  const { type, operator } = node as { type?: string; operator?: string };
  return type === 'BinaryExpression' && operator === '+';
}

/** What a sum adds up, from left to right. The inner sums are marked as taken. */
function leavesOf(node: BinaryExpression, taken: Set<object>): Expression[] {
  const { left, right } = node;
  return [left, right].flatMap((side) => {
    if (!isSum(side)) return [side];
    taken.add(side);
    return leavesOf(side, taken);
  });
}

/** The expressions of a template, with the signs around them. */
function holesOf(node: Text): Range[] {
  if (node.type !== 'TemplateLiteral') return [];
  const quasis = node.quasis.map(quasiRange);
  return quasis.slice(1).map(([start], at): Range => [quasis[at]?.[1] ?? 0, start]);
}

function proseOf(text: string, node: Text): Range[] {
  if (node.type !== 'TemplateLiteral') return withoutEscapes(text, [node.start + 1, node.end - 1]);
  return node.quasis.flatMap((quasi) => withoutEscapes(text, quasiRange(quasi)));
}

/** The text alone: in the tree of a TypeScript file, the signs around it are part of the node. */
function quasiRange({ start, end, value }: TemplateLiteral['quasis'][number]): Range {
  const { length } = value.raw;
  const from = end - start === length ? start : start + 1;
  return [from, from + length];
}

function withoutEscapes(text: string, [start, end]: Range): Range[] {
  const ranges: Range[] = [];
  let at = start;
  for (const { 0: escape, index } of text.slice(start, end).matchAll(ESCAPE)) {
    ranges.push([at, start + index]);
    at = start + index + escape.length;
  }
  ranges.push([at, end]);
  return ranges.filter(([from, to]) => to > from);
}

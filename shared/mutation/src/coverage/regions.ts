import {
  type ArrowFunctionExpression,
  type BlockStatement,
  type Node,
  parseSync,
  type SwitchCase,
  Visitor,
} from 'oxc-parser';
import { REPORT } from './hits.ts';

/** A piece of a file that runs as a whole, or not at all. */
export interface Region {
  /** `src/app.ts#3`; 0 is the file's top level. */
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

export interface Instrumented {
  /** The source with a call of `REPORT` in each region. It has as many lines as before. */
  readonly text: string;
  readonly regions: readonly Region[];
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/**
 * Makes a source file tell which of its regions run: blocks, bodies of functions, branches and cases.
 *
 * @param prelude code on one line that declares the function `REPORT`; see `prelude`.
 */
export function instrument(file: string, source: string, prelude = ''): Instrumented {
  const regions: Region[] = [];
  const [openings, closings]: [Insertion[], Insertion[]] = [[], []];
  const region = ({ start, end }: Pick<Node, 'start' | 'end'>): string => {
    const id = `${file}#${regions.length}`;
    regions.push({ id, start, end });
    return `${REPORT}(${JSON.stringify(id)})`;
  };
  const block = (node: BlockStatement) => {
    const [first] = node.body;
    const directive = first?.type === 'ExpressionStatement' && 'directive' in first;
    if (!directive) openings.push({ at: node.start + 1, text: `${region(node)};` });
  };
  const branch = (node: Node | null) => {
    if (!node || node.type === 'BlockStatement' || node.type === 'IfStatement') return;
    openings.push({ at: node.start, text: `{${region(node)};` });
    closings.unshift({ at: node.end, text: '}' });
  };
  const { program } = parseSync(file, source);
  const top = region({ start: 0, end: source.length });
  new Visitor({
    BlockStatement: block,
    ArrowFunctionExpression({ body, expression }: ArrowFunctionExpression) {
      if (!expression) return;
      openings.push({ at: body.start, text: `(${region(body)},` });
      closings.unshift({ at: body.end, text: ')' });
    },
    IfStatement({ consequent, alternate }) {
      branch(consequent);
      branch(alternate);
    },
    ForStatement: ({ body }) => branch(body),
    ForInStatement: ({ body }) => branch(body),
    ForOfStatement: ({ body }) => branch(body),
    WhileStatement: ({ body }) => branch(body),
    SwitchCase({ consequent: [first, ...rest] }: SwitchCase) {
      const last = rest.at(-1) ?? first;
      if (!first || !last) return;
      openings.push({ at: first.start, text: `${region({ start: first.start, end: last.end })};` });
    },
  }).visit(program);
  const text = `${prelude}${top};${spliced(source, [...closings, ...openings])}`;
  return { text, regions };
}

/** At one place: what closes a piece, then what opens the next, each in the order of the list. */
function spliced(source: string, insertions: readonly Insertion[]): string {
  let text = '';
  let from = 0;
  for (const { at, text: piece } of insertions.toSorted((a, b) => a.at - b.at)) {
    text += source.slice(from, at) + piece;
    from = at;
  }
  return text + source.slice(from);
}

/** The innermost region around a place. */
export function regionAt(regions: readonly Region[], place: number): Region | undefined {
  return regions
    .filter(({ start, end }) => start <= place && place < end)
    .toSorted((a, b) => a.end - a.start - (b.end - b.start))[0];
}
